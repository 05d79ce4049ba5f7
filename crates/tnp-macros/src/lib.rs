//! `#[derive(Tree)]`: a user's struct of arrays as a structure that transformations take and give back.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Index, Member, Result, parse_macro_input};

/// Makes a struct or an enum of arrays a `Tree`.
///
/// Every field must be a `Tree` itself, but for those marked `#[tree(skip)]`, which are cloned as they are and distinguish one
/// structure from another by their `Debug` text (a traced function is traced anew when one changes). The derive names
/// the trait as `::tnp::Tree`; `#[tree(crate = path)]` on the type names another crate that has it.
///
/// ```text
/// #[derive(Tree)]
/// struct Dense {
///     weights: Array,
///     bias: Array,
///     #[tree(skip)]
///     name: String,
/// }
/// ```
#[proc_macro_derive(Tree, attributes(tree))]
pub fn derive_tree(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

fn expand(input: &DeriveInput) -> Result<Tokens> {
    let mut krate = quote!(::tnp);
    for attribute in &input.attrs {
        if attribute.path().is_ident("tree") {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("crate") {
                    let path: syn::Path = meta.value()?.parse()?;
                    krate = quote!(#path);
                    return Ok(());
                }
                Err(meta.error("only `crate = path` is known here"))
            })?;
        }
    }
    let name = &input.ident;
    let arms: Vec<Arm> = match &input.data {
        Data::Struct(data) => vec![arm(&quote!(#name), None, &data.fields, &krate)?],
        Data::Enum(data) => data
            .variants
            .iter()
            .enumerate()
            .map(|(number, variant)| {
                let ident = &variant.ident;
                arm(
                    &quote!(#name::#ident),
                    Some(number),
                    &variant.fields,
                    &krate,
                )
            })
            .collect::<Result<_>>()?,
        Data::Union(data) => {
            return Err(Error::new(
                data.union_token.span,
                "a union has no fields that are known to be there; derive Tree for a struct or an enum",
            ));
        }
    };
    if arms.is_empty() {
        return Err(Error::new(
            name.span(),
            "an enum without variants holds no arrays",
        ));
    }
    let collects = arms.iter().map(|arm| &arm.collect);
    let rebuilds = arms.iter().map(|arm| &arm.rebuild);
    let structures = arms.iter().map(|arm| &arm.structure);
    let mut generics = input.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(syn::parse_quote!(#krate::Tree));
    }
    let (implementation, types, clause) = generics.split_for_impl();
    Ok(quote! {
        impl #implementation #krate::Tree for #name #types #clause {
            fn collect<'tree>(&'tree self, leaves: &mut ::std::vec::Vec<&'tree #krate::Array>) {
                let _ = &leaves;
                match self { #(#collects)* }
            }

            fn rebuild(
                &self,
                leaves: &mut dyn ::std::iter::Iterator<Item = #krate::Array>,
            ) -> #krate::Result<Self> {
                let _ = &leaves;
                match self { #(#rebuilds)* }
            }

            fn structure(&self, out: &mut #krate::Structure) {
                let _ = &out;
                match self { #(#structures)* }
            }
        }
    })
}

/// The match arms of one struct or variant.
struct Arm {
    collect: Tokens,
    rebuild: Tokens,
    structure: Tokens,
}

fn arm(path: &Tokens, number: Option<usize>, fields: &Fields, krate: &Tokens) -> Result<Arm> {
    let mut patterns = Vec::new();
    let mut collects = Vec::new();
    let mut values = Vec::new();
    let mut structures: Vec<Tokens> = number.iter().map(|n| quote!(out.number(#n);)).collect();
    for (at, field) in fields.iter().enumerate() {
        let member = match &field.ident {
            Some(ident) => Member::Named(ident.clone()),
            None => Member::Unnamed(Index::from(at)),
        };
        let binding = format_ident!("field_{at}");
        patterns.push(quote!(#member: #binding));
        if skipped(field)? {
            collects.push(quote!(let _ = #binding;));
            values.push(quote!(#member: ::std::clone::Clone::clone(#binding)));
            structures.push(quote!(out.value(#binding);));
        } else {
            collects.push(quote!(#krate::Tree::collect(#binding, leaves);));
            values.push(quote!(#member: #krate::Tree::rebuild(#binding, leaves)?));
            structures.push(quote!(#krate::Tree::structure(#binding, out);));
        }
    }
    Ok(Arm {
        collect: quote!(#path { #(#patterns),* } => { #(#collects)* }),
        rebuild: quote!(#path { #(#patterns),* } => ::std::result::Result::Ok(#path { #(#values),* }),),
        structure: quote!(#path { #(#patterns),* } => { #(#structures)* }),
    })
}

fn skipped(field: &syn::Field) -> Result<bool> {
    let mut skip = false;
    for attribute in &field.attrs {
        if attribute.path().is_ident("tree") {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("skip") {
                    skip = true;
                    return Ok(());
                }
                Err(meta.error("only `skip` is known here"))
            })?;
        }
    }
    Ok(skip)
}
