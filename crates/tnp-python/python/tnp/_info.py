"""What the array API standard asks a namespace about itself."""

from tnp import _tnp

_KINDS = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": ("complex64", "complex128"),
}
_KINDS["integral"] = _KINDS["signed integer"] + _KINDS["unsigned integer"]
_KINDS["numeric"] = _KINDS["integral"] + _KINDS["real floating"] + _KINDS["complex floating"]


class _Info:
    """https://data-apis.org/array-api/latest/API_specification/inspection.html"""

    def capabilities(self):
        """What differs between libraries that follow the standard."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self):
        """The device that new arrays are made on."""
        return _tnp.current_device()

    def devices(self):
        """The devices there are."""
        return tuple(_tnp.devices())

    def default_dtypes(self, *, device=None):
        """The dtypes that are taken where none is given."""
        names = {"real floating": "float64", "complex floating": "complex128", "integral": "int64", "indexing": "int64"}
        return {kind: getattr(_tnp, name) for kind, name in names.items()}

    def dtypes(self, *, device=None, kind=None):
        """The standard's dtypes, of one kind or of several."""
        if kind is None:
            names = _KINDS["bool"] + _KINDS["numeric"]
        else:
            names = [name for one in ((kind,) if isinstance(kind, str) else kind) for name in _KINDS[one]]
        return {name: getattr(_tnp, name) for name in names}


def __array_namespace_info__():
    """What this namespace can do: its devices, dtypes and defaults."""
    return _Info()
