//! Numbers that elementary functions are computed with, for all backends that compute them: constants in more digits than a
//! double has, and coefficients of polynomials, lowest power first.

/// ln 2 in two parts, the first with its last 21 bits zero: its products with exponents are exact.
pub const LN2_HIGH: f64 = 0.6931471803691238;

/// The second part of ln 2.
pub const LN2_LOW: f64 = 1.9082149292705877e-10;

/// What `LN_2` lacks.
pub const LN2_REST: f64 = 2.3190468138462996e-17;

/// 1 / ln 2 in two parts, the first short enough that products with 32 bits are exact.
pub const INV_LN2_HIGH: f64 = 1.4426946640014648;

/// The second part of 1 / ln 2.
pub const INV_LN2_LOW: f64 = 3.768874985636099e-07;

/// 1 / ln 10, as 1 / ln 2.
pub const INV_LN10_HIGH: f64 = 0.4342944622039795;

/// The second part of 1 / ln 10.
pub const INV_LN10_LOW: f64 = 1.9699272335463627e-08;

/// log₁₀ 2 in two parts, the first so short that its products with exponents are exact.
pub const LOG10_2_HIGH: f64 = 0.3010299955494702;

/// The second part of log₁₀ 2.
pub const LOG10_2_LOW: f64 = 1.1451100898021838e-10;

/// Minimax polynomial of `(e^r - 1 - r) / r²` on `|r| <= ln 2 / 2`.
pub const EXP: [f64; 11] = [
    0.5,
    0.16666666666666677,
    0.0416666666666667,
    0.008333333333321374,
    0.001388888888886631,
    0.00019841269886870658,
    2.480158736161381e-05,
    2.755724337607605e-06,
    2.7557241847894875e-07,
    2.5109353662504504e-08,
    2.0924727042505217e-09,
];

/// Minimax polynomial of `(log((1 + s) / (1 - s)) - 2 s) / s³` in `s²`, for `1 + s` over `1 - s` up to √2.
pub const LOG: [f64; 7] = [
    0.6666666666666731,
    0.39999999999429947,
    0.2857142873988244,
    0.22222198765324244,
    0.18183556945044896,
    0.15314185114789294,
    0.14795062668530062,
];

/// Minimax polynomial of `(sinh x - x) / x³` in `x²`, on `|x| <= 1`.
pub const SINH: [f64; 8] = [
    0.16666666666666666,
    0.008333333333333333,
    0.00019841269841269592,
    2.7557319224119317e-06,
    2.5052108345827035e-08,
    1.605905068504881e-10,
    7.646477587410732e-13,
    2.848368759660027e-15,
];

/// π/2 in three doubles.
pub const PIO2: [f64; 3] = [
    1.5707963267948966,
    6.123233995736766e-17,
    -1.4973849048591698e-33,
];

/// Minimax polynomial of `(sin r - r) / r³` in `r²`, on `|r| <= π/4`.
pub const SIN: [f64; 6] = [
    -0.16666666666666632,
    0.008333333333322457,
    -0.0001984126982981743,
    2.755731368926818e-06,
    -2.505075699781919e-08,
    1.589669854791471e-10,
];

/// Minimax polynomial of `(cos r - 1 + r²/2) / r⁴` in `r²`, on `|r| <= π/4`.
pub const COS: [f64; 6] = [
    0.041666666666666616,
    -0.0013888888888876,
    2.4801587290487216e-05,
    -2.755731460711304e-07,
    2.0875754168156762e-09,
    -1.1361092514661095e-11,
];

/// The binary digits of 2/π after the point, with a word of zeros before them.
pub const TWO_OVER_PI: [u64; 22] = [
    0x0000_0000_0000_0000,
    0xA2F9_836E_4E44_1529,
    0xFC27_57D1_F534_DDC0,
    0xDB62_9599_3C43_9041,
    0xFE51_63AB_DEBB_C561,
    0xB724_6E3A_424D_D2E0,
    0x0649_2EEA_09D1_921C,
    0xFE1D_EB1C_B129_A73E,
    0xE882_35F5_2EBB_4484,
    0xE99C_7026_B45F_7E41,
    0x3991_D639_8353_39F4,
    0x9C84_5F8B_BDF9_283B,
    0x1FF8_97FF_DE05_980F,
    0xEF2F_118B_5A0A_6D1F,
    0x6D36_7ECF_27CB_09B7,
    0x4F46_3F66_9E5F_EA2D,
    0x7527_BAC7_EBE5_F17B,
    0x3D07_39F7_8A52_92EA,
    0x6BFB_5FB1_1F8D_5D08,
    0x5603_3046_FC7B_6BAB,
    0xF0CF_BC20_9AF4_361D,
    0xA9E3_9161_5EE6_1B08,
];

/// Minimax polynomial of `(asin x - x) / x³` in `x²`, on `|x| <= ½`.
pub const ASIN: [f64; 13] = [
    0.1666666666666674,
    0.0749999999997504,
    0.0446428571713733,
    0.030381942837668898,
    0.022372211841874018,
    0.017351661550793346,
    0.013980292311047108,
    0.011402800437504577,
    0.010760469134070721,
    0.003774749574528649,
    0.021554440008724578,
    -0.020798782855451767,
    0.03251226443284206,
];

/// Minimax polynomial of `(atan t - t) / t³` in `t²`, on `|t| <= tan(π/8)`.
pub const ATAN: [f64; 11] = [
    -0.3333333333333323,
    0.19999999999961326,
    -0.14285714280843564,
    0.11111110811356072,
    -0.09090898466771291,
    0.07692071555919189,
    -0.066632214307595,
    0.05848674467110789,
    -0.050425816227380765,
    0.038142151995058576,
    -0.017986801399439794,
];

/// Minimax polynomial of `erf x / x - 1` in `x²`, on `|x| <= 1`.
pub const ERF: [f64; 12] = [
    0.12837916709551256,
    -0.3761263890318352,
    0.11283791670944185,
    -0.026866170643111482,
    0.005223977606118614,
    -0.000854832592932217,
    0.00012055293577152762,
    -1.4924712307185837e-05,
    1.6447131638251597e-06,
    -1.6206314289113782e-07,
    1.3710982748678367e-08,
    -7.779472948426816e-10,
];

/// Minimax polynomial of `e^x² erfc x` in `1 / (1 + x/2)`, on `1 <= x <= 6`.
pub const ERFC: [f64; 13] = [
    -3.0780339789738586e-06,
    0.2821875126793177,
    0.28082867895551317,
    0.2572343100819001,
    0.11891916771566612,
    0.3080184488586406,
    -0.6403415953081342,
    1.2561960052216232,
    -1.9914936094750624,
    1.9397359043119426,
    -1.124232745087716,
    0.3646504492421537,
    -0.051700042127337115,
];

/// Coefficients of fdlibm's `cbrt`: `t * poly(t³ / x)` brings a guess within 2^-23.
pub const CBRT: [f64; 5] = [
    1.87595182427177,
    -1.8849797954337717,
    1.6214297201053545,
    -0.758397934778766,
    0.14599619288661245,
];
