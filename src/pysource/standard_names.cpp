#include "pysource/standard_names.hpp"

namespace launch::pysource {
namespace {

// Made of vars() of each class and its bases: public names with CPython 3.8 to 3.13, special ones with 3.10
// to 3.13.
constexpr StandardNames kClasses[] = {
    {"abc.ABC collections.abc.Callable collections.abc.Hashable", "_abc_impl __abstractmethods__ __slots__"},
    {"abc.ABCMeta",
     "_abc_caches_clear _abc_impl _abc_registry_clear _dump_registry mro register __base__"
     " __bases__ __basicsize__ __dictoffset__ __flags__ __instancecheck__ __itemsize__"
     " __mro__ __prepare__ __subclasscheck__ __subclasses__ __weakrefoffset__"},
    {"builtins.ArithmeticError builtins.AssertionError builtins.BaseException"
     " builtins.BufferError builtins.BytesWarning builtins.DeprecationWarning"
     " builtins.EOFError builtins.Exception builtins.FloatingPointError"
     " builtins.FutureWarning builtins.GeneratorExit builtins.ImportWarning"
     " builtins.IndexError builtins.KeyError builtins.KeyboardInterrupt"
     " builtins.LookupError builtins.MemoryError builtins.NotImplementedError"
     " builtins.OverflowError builtins.PendingDeprecationWarning builtins.RecursionError"
     " builtins.ReferenceError builtins.ResourceWarning builtins.RuntimeError"
     " builtins.RuntimeWarning builtins.StopAsyncIteration builtins.SyntaxWarning"
     " builtins.SystemError builtins.TypeError builtins.UnicodeError"
     " builtins.UnicodeWarning builtins.UserWarning builtins.ValueError builtins.Warning"
     " builtins.ZeroDivisionError",
     "add_note args with_traceback __cause__ __context__ __setstate__"
     " __suppress_context__ __traceback__"},
    {"builtins.AttributeError",
     "add_note args name obj with_traceback __cause__ __context__ __setstate__"
     " __suppress_context__ __traceback__"},
    {"builtins.BlockingIOError builtins.BrokenPipeError builtins.ChildProcessError"
     " builtins.ConnectionAbortedError builtins.ConnectionError"
     " builtins.ConnectionRefusedError builtins.ConnectionResetError"
     " builtins.FileExistsError builtins.FileNotFoundError builtins.InterruptedError"
     " builtins.IsADirectoryError builtins.NotADirectoryError builtins.OSError"
     " builtins.PermissionError builtins.ProcessLookupError builtins.TimeoutError",
     "add_note args characters_written errno filename filename2 strerror with_traceback"
     " __cause__ __context__ __setstate__ __suppress_context__ __traceback__"},
    {"builtins.ImportError builtins.ModuleNotFoundError",
     "add_note args msg name name_from path with_traceback __cause__ __context__"
     " __setstate__ __suppress_context__ __traceback__"},
    {"builtins.IndentationError builtins.SyntaxError builtins.TabError",
     "add_note args end_lineno end_offset filename lineno msg offset print_file_and_line"
     " text with_traceback __cause__ __context__ __setstate__ __suppress_context__"
     " __traceback__"},
    {"builtins.NameError builtins.UnboundLocalError",
     "add_note args name with_traceback __cause__ __context__ __setstate__"
     " __suppress_context__ __traceback__"},
    {"builtins.StopIteration",
     "add_note args value with_traceback __cause__ __context__ __setstate__"
     " __suppress_context__ __traceback__"},
    {"builtins.SystemExit",
     "add_note args code with_traceback __cause__ __context__ __setstate__"
     " __suppress_context__ __traceback__"},
    {"builtins.UnicodeDecodeError builtins.UnicodeEncodeError"
     " builtins.UnicodeTranslateError",
     "add_note args encoding end object reason start with_traceback __cause__ __context__"
     " __setstate__ __suppress_context__ __traceback__"},
    {"builtins.bool builtins.int",
     "as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag"
     " is_integer numerator real to_bytes __abs__ __add__ __and__ __bool__ __ceil__"
     " __divmod__ __float__ __floor__ __floordiv__ __getnewargs__ __index__ __int__"
     " __invert__ __lshift__ __mod__ __mul__ __neg__ __or__ __pos__ __pow__ __radd__"
     " __rand__ __rdivmod__ __rfloordiv__ __rlshift__ __rmod__ __rmul__ __ror__ __round__"
     " __rpow__ __rrshift__ __rshift__ __rsub__ __rtruediv__ __rxor__ __sub__ __truediv__"
     " __trunc__ __xor__"},
    {"builtins.bytes",
     "capitalize center count decode endswith expandtabs find fromhex hex index isalnum"
     " isalpha isascii isdigit islower isspace istitle isupper join ljust lower lstrip"
     " maketrans partition removeprefix removesuffix replace rfind rindex rjust rpartition"
     " rsplit rstrip split splitlines startswith strip swapcase title translate upper"
     " zfill __add__ __contains__ __getitem__ __getnewargs__ __iter__ __len__ __mod__"
     " __mul__ __rmod__ __rmul__"},
    {"builtins.complex",
     "conjugate imag real __abs__ __add__ __bool__ __getnewargs__ __mul__ __neg__ __pos__"
     " __pow__ __radd__ __rmul__ __rpow__ __rsub__ __rtruediv__ __sub__ __truediv__"},
    {"builtins.dict",
     "clear copy fromkeys get items keys pop popitem setdefault update values"
     " __contains__ __delitem__ __getitem__ __iter__ __len__ __reversed__ __setitem__"},
    {"builtins.float",
     "as_integer_ratio conjugate fromhex hex imag is_integer real __abs__ __add__"
     " __bool__ __ceil__ __divmod__ __float__ __floor__ __floordiv__ __getformat__"
     " __getnewargs__ __int__ __mod__ __mul__ __neg__ __pos__ __pow__ __radd__ __rdivmod__"
     " __rfloordiv__ __rmod__ __rmul__ __round__ __rpow__ __rsub__ __rtruediv__ __sub__"
     " __truediv__ __trunc__"},
    {"builtins.frozenset",
     "copy difference intersection isdisjoint issubset issuperset symmetric_difference"
     " union __and__ __contains__ __iter__ __len__ __or__ __rand__ __ror__ __rsub__"
     " __rxor__ __sub__ __xor__"},
    {"builtins.list",
     "append clear copy count extend index insert pop remove reverse sort __add__"
     " __contains__ __delitem__ __getitem__ __iadd__ __imul__ __iter__ __len__ __mul__"
     " __reversed__ __rmul__ __setitem__"},
    {"builtins.object threading.local types.ModuleType types.SimpleNamespace", ""},
    {"builtins.property",
     "deleter fdel fget fset getter setter __delete__ __get__ __isabstractmethod__"
     " __set__ __set_name__"},
    {"builtins.set",
     "add clear copy difference difference_update discard intersection"
     " intersection_update isdisjoint issubset issuperset pop remove symmetric_difference"
     " symmetric_difference_update union update __and__ __contains__ __iand__ __ior__"
     " __isub__ __iter__ __ixor__ __len__ __or__ __rand__ __ror__ __rsub__ __rxor__"
     " __sub__ __xor__"},
    {"builtins.str",
     "capitalize casefold center count encode endswith expandtabs find format format_map"
     " index isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric"
     " isprintable isspace istitle isupper join ljust lower lstrip maketrans partition"
     " removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split"
     " splitlines startswith strip swapcase title translate upper zfill __add__"
     " __contains__ __getitem__ __getnewargs__ __iter__ __len__ __mod__ __mul__ __rmod__"
     " __rmul__"},
    {"builtins.tuple",
     "count index __add__ __contains__ __getitem__ __getnewargs__ __iter__ __len__"
     " __mul__ __rmul__"},
    {"builtins.type",
     "mro __base__ __bases__ __basicsize__ __dictoffset__ __flags__ __instancecheck__"
     " __itemsize__ __mro__ __prepare__ __subclasscheck__ __subclasses__ __weakrefoffset__"},
    {"collections.ChainMap",
     "_MutableMapping__marker _abc_impl clear copy fromkeys get items keys new_child"
     " parents pop popitem setdefault update values __abstractmethods__ __bool__"
     " __contains__ __copy__ __delitem__ __getitem__ __iter__ __len__ __missing__"
     " __reversed__ __setitem__ __slots__ __weakref__"},
    {"collections.Counter",
     "_keep_positive clear copy elements fromkeys get items keys most_common pop popitem"
     " setdefault subtract total update values __add__ __and__ __contains__ __delitem__"
     " __getitem__ __iadd__ __iand__ __isub__ __iter__ __len__ __missing__ __neg__ __pos__"
     " __reversed__ __setitem__ __sub__ __weakref__"},
    {"collections.OrderedDict",
     "clear copy fromkeys get items keys move_to_end pop popitem setdefault update values"
     " __contains__ __delitem__ __getitem__ __iter__ __len__ __reversed__ __setitem__"},
    {"collections.UserDict",
     "_MutableMapping__marker _abc_impl clear copy fromkeys get items keys pop popitem"
     " setdefault update values __abstractmethods__ __contains__ __copy__ __delitem__"
     " __getitem__ __iter__ __len__ __reversed__ __setitem__ __slots__ __weakref__"},
    {"collections.UserList",
     "_UserList__cast _abc_impl append clear copy count extend index insert pop remove"
     " reverse sort __abstractmethods__ __add__ __contains__ __copy__ __delitem__"
     " __getitem__ __iadd__ __imul__ __iter__ __len__ __mul__ __radd__ __reversed__"
     " __rmul__ __setitem__ __slots__ __weakref__"},
    {"collections.abc.AsyncGenerator",
     "_abc_impl aclose asend athrow __abstractmethods__ __aiter__ __anext__ __slots__"},
    {"collections.abc.AsyncIterable", "_abc_impl __abstractmethods__ __aiter__ __slots__"},
    {"collections.abc.AsyncIterator", "_abc_impl __abstractmethods__ __aiter__ __anext__ __slots__"},
    {"collections.abc.Awaitable", "_abc_impl __abstractmethods__ __await__ __slots__"},
    {"collections.abc.Collection", "_abc_impl __abstractmethods__ __contains__ __iter__ __len__ __slots__"},
    {"collections.abc.Container", "_abc_impl __abstractmethods__ __contains__ __slots__"},
    {"collections.abc.Coroutine", "_abc_impl close send throw __abstractmethods__ __await__ __slots__"},
    {"collections.abc.Generator",
     "_abc_impl close send throw __abstractmethods__ __iter__ __next__ __slots__"},
    {"collections.abc.ItemsView collections.abc.KeysView",
     "_abc_impl _from_iterable _hash _mapping isdisjoint __abstractmethods__ __and__"
     " __contains__ __iter__ __len__ __or__ __rand__ __ror__ __rsub__ __rxor__ __slots__"
     " __sub__ __xor__"},
    {"collections.abc.Iterable", "_abc_impl __abstractmethods__ __iter__ __slots__"},
    {"collections.abc.Iterator", "_abc_impl __abstractmethods__ __iter__ __next__ __slots__"},
    {"collections.abc.Mapping",
     "_abc_impl get items keys values __abstractmethods__ __contains__ __getitem__"
     " __iter__ __len__ __reversed__ __slots__"},
    {"collections.abc.MappingView", "_abc_impl _mapping __abstractmethods__ __len__ __slots__"},
    {"collections.abc.MutableMapping",
     "_MutableMapping__marker _abc_impl clear get items keys pop popitem setdefault"
     " update values __abstractmethods__ __contains__ __delitem__ __getitem__ __iter__"
     " __len__ __reversed__ __setitem__ __slots__"},
    {"collections.abc.MutableSequence",
     "_abc_impl append clear count extend index insert pop remove reverse"
     " __abstractmethods__ __contains__ __delitem__ __getitem__ __iadd__ __iter__ __len__"
     " __reversed__ __setitem__ __slots__"},
    {"collections.abc.MutableSet",
     "_abc_impl _from_iterable _hash add clear discard isdisjoint pop remove"
     " __abstractmethods__ __and__ __contains__ __iand__ __ior__ __isub__ __iter__"
     " __ixor__ __len__ __or__ __rand__ __ror__ __rsub__ __rxor__ __slots__ __sub__"
     " __xor__"},
    {"collections.abc.Reversible", "_abc_impl __abstractmethods__ __iter__ __reversed__ __slots__"},
    {"collections.abc.Sequence",
     "_abc_impl count index __abstractmethods__ __contains__ __getitem__ __iter__ __len__"
     " __reversed__ __slots__"},
    {"collections.abc.Set",
     "_abc_impl _from_iterable _hash isdisjoint __abstractmethods__ __and__ __contains__"
     " __iter__ __len__ __or__ __rand__ __ror__ __rsub__ __rxor__ __slots__ __sub__"
     " __xor__"},
    {"collections.abc.Sized", "_abc_impl __abstractmethods__ __len__ __slots__"},
    {"collections.abc.ValuesView",
     "_abc_impl _mapping __abstractmethods__ __contains__ __iter__ __len__ __slots__"},
    {"collections.defaultdict",
     "clear copy default_factory fromkeys get items keys pop popitem setdefault update"
     " values __contains__ __copy__ __delitem__ __getitem__ __iter__ __len__ __missing__"
     " __reversed__ __setitem__"},
    {"collections.deque",
     "append appendleft clear copy count extend extendleft index insert maxlen pop"
     " popleft remove reverse rotate __add__ __contains__ __copy__ __delitem__ __getitem__"
     " __iadd__ __imul__ __iter__ __len__ __mul__ __reversed__ __rmul__ __setitem__"},
    {"contextlib.AbstractAsyncContextManager",
     "_abc_impl __abstractmethods__ __aenter__ __aexit__ __slots__"},
    {"contextlib.AbstractContextManager", "_abc_impl __abstractmethods__ __enter__ __exit__ __slots__"},
    {"contextlib.ContextDecorator", "_recreate_cm __weakref__"},
    {"contextlib.ExitStack",
     "_abc_impl _create_cb_wrapper _create_exit_wrapper _push_cm_exit _push_exit_callback"
     " callback close enter_context pop_all push __abstractmethods__ __enter__ __exit__"
     " __slots__ __weakref__"},
    {"datetime.timedelta",
     "days max microseconds min resolution seconds total_seconds __abs__ __add__ __bool__"
     " __divmod__ __floordiv__ __mod__ __mul__ __neg__ __pos__ __radd__ __rdivmod__"
     " __rfloordiv__ __rmod__ __rmul__ __rsub__ __rtruediv__ __sub__ __truediv__"},
    {"enum.Enum",
     "_add_alias_ _add_value_alias_ _generate_next_value_ _member_map_ _member_names_"
     " _member_type_ _missing_ _name_ _new_member_ _unhashable_values_"
     " _unhashable_values_map_ _use_args_ _value2member_map_ _value_ _value_repr_ name"
     " value __weakref__"},
    {"enum.EnumMeta",
     "_add_member_ _check_for_existing_members _check_for_existing_members_ _convert_"
     " _create_ _find_data_repr_ _find_data_type_ _find_new_ _get_mixins_ mro __base__"
     " __bases__ __basicsize__ __bool__ __contains__ __dictoffset__ __flags__ __getitem__"
     " __instancecheck__ __itemsize__ __iter__ __len__ __members__ __mro__ __prepare__"
     " __reversed__ __subclasscheck__ __subclasses__ __weakrefoffset__"},
    {"enum.Flag",
     "_add_alias_ _add_value_alias_ _all_bits_ _boundary_ _create_pseudo_member_"
     " _flag_mask_ _generate_next_value_ _get_value _inverted_ _iter_member_"
     " _iter_member_by_def_ _iter_member_by_value_ _member_map_ _member_names_"
     " _member_type_ _missing_ _name_ _new_member_ _numeric_repr_ _singles_mask_"
     " _unhashable_values_ _unhashable_values_map_ _use_args_ _value2member_map_ _value_"
     " _value_repr_ name value __and__ __bool__ __contains__ __invert__ __or__ __weakref__"
     " __xor__"},
    {"enum.IntEnum",
     "_add_alias_ _add_value_alias_ _generate_next_value_ _member_map_ _member_names_"
     " _member_type_ _missing_ _name_ _new_member_ _unhashable_values_"
     " _unhashable_values_map_ _use_args_ _value2member_map_ _value_ _value_repr_"
     " as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag"
     " is_integer name numerator real to_bytes value __abs__ __add__ __and__ __bool__"
     " __ceil__ __divmod__ __float__ __floor__ __floordiv__ __getnewargs__ __index__"
     " __int__ __invert__ __lshift__ __mod__ __mul__ __neg__ __or__ __pos__ __pow__"
     " __radd__ __rand__ __rdivmod__ __rfloordiv__ __rlshift__ __rmod__ __rmul__ __ror__"
     " __round__ __rpow__ __rrshift__ __rshift__ __rsub__ __rtruediv__ __rxor__ __sub__"
     " __truediv__ __trunc__ __weakref__ __xor__"},
    {"enum.IntFlag",
     "_add_alias_ _add_value_alias_ _all_bits_ _boundary_ _create_pseudo_member_"
     " _flag_mask_ _generate_next_value_ _get_value _inverted_ _iter_member_"
     " _iter_member_by_def_ _iter_member_by_value_ _member_map_ _member_names_"
     " _member_type_ _missing_ _name_ _new_member_ _numeric_repr_ _singles_mask_"
     " _unhashable_values_ _unhashable_values_map_ _use_args_ _value2member_map_ _value_"
     " _value_repr_ as_integer_ratio bit_count bit_length conjugate denominator from_bytes"
     " imag is_integer name numerator real to_bytes value __abs__ __add__ __and__ __bool__"
     " __ceil__ __contains__ __divmod__ __float__ __floor__ __floordiv__ __getnewargs__"
     " __index__ __int__ __invert__ __lshift__ __mod__ __mul__ __neg__ __or__ __pos__"
     " __pow__ __radd__ __rand__ __rdivmod__ __rfloordiv__ __rlshift__ __rmod__ __rmul__"
     " __ror__ __round__ __rpow__ __rrshift__ __rshift__ __rsub__ __rtruediv__ __rxor__"
     " __sub__ __truediv__ __trunc__ __weakref__ __xor__"},
    {"enum.StrEnum",
     "_add_alias_ _add_value_alias_ _generate_next_value_ _member_map_ _member_names_"
     " _member_type_ _missing_ _name_ _new_member_ _unhashable_values_"
     " _unhashable_values_map_ _use_args_ _value2member_map_ _value_ _value_repr_"
     " capitalize casefold center count encode endswith expandtabs find format format_map"
     " index isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric"
     " isprintable isspace istitle isupper join ljust lower lstrip maketrans name"
     " partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit"
     " rstrip split splitlines startswith strip swapcase title translate upper value zfill"
     " __add__ __contains__ __copy__ __deepcopy__ __getitem__ __getnewargs__ __iter__"
     " __len__ __mod__ __mul__ __new_member__ __rmod__ __rmul__ __weakref__"},
    {"pathlib.Path",
     "_accessor _cached_cparts _closed _cparts _drv _filter_trailing_slash _flavour"
     " _format_parsed_parts _from_parsed_parts _from_parsed_string _from_parts"
     " _glob_selector _globber _hash _init _lines _lines_cached _load_parts _make_child"
     " _make_child_relpath _max_symlinks _opener _parse_args _parse_path _parts"
     " _parts_normcase _parts_normcase_cached _pattern_str _pparts _raise_closed _raw_open"
     " _raw_path _raw_paths _remove_leading_dot _remove_trailing_slash _resolving _root"
     " _scandir _stack _str _str_normcase _str_normcase_cached _tail _tail_cached"
     " _unsupported_msg absolute anchor as_posix as_uri chmod cwd drive exists expanduser"
     " from_uri full_match glob group hardlink_to home is_absolute is_block_device"
     " is_char_device is_dir is_fifo is_file is_junction is_mount is_relative_to"
     " is_reserved is_socket is_symlink iterdir joinpath lchmod link_to lstat match mkdir"
     " name open owner parent parents parser parts read_bytes read_text readlink"
     " relative_to rename replace resolve rglob rmdir root samefile stat stem suffix"
     " suffixes symlink_to touch unlink walk with_name with_segments with_stem with_suffix"
     " write_bytes write_text __bytes__ __fspath__ __rtruediv__ __slots__ __truediv__"},
    {"pickle.Pickler", "bin clear_memo dispatch_table dump fast memo persistent_id"},
    {"pickle.Unpickler", "find_class load memo persistent_load"},
    {"pickle._Pickler",
     "_BATCHSIZE _batch_appends _batch_setitems _save_bytearray_no_memo"
     " _save_bytes_no_memo _save_toplevel_by_name clear_memo dispatch dump get memoize"
     " persistent_id put save save_bool save_bytearray save_bytes save_dict save_float"
     " save_frozenset save_global save_list save_long save_none save_pers"
     " save_picklebuffer save_reduce save_set save_str save_tuple save_type __weakref__"},
    {"pickle._Unpickler",
     "_decode_string _instantiate dispatch find_class get_extension load load_additems"
     " load_append load_appends load_binbytes load_binbytes8 load_binfloat load_binget"
     " load_binint load_binint1 load_binint2 load_binpersid load_binput load_binstring"
     " load_binunicode load_binunicode8 load_build load_bytearray8 load_dict load_dup"
     " load_empty_dictionary load_empty_list load_empty_set load_empty_tuple load_ext1"
     " load_ext2 load_ext4 load_false load_float load_frame load_frozenset load_get"
     " load_global load_inst load_int load_list load_long load_long1 load_long4"
     " load_long_binget load_long_binput load_mark load_memoize load_newobj load_newobj_ex"
     " load_next_buffer load_none load_obj load_persid load_pop load_pop_mark load_proto"
     " load_put load_readonly_buffer load_reduce load_setitem load_setitems"
     " load_short_binbytes load_short_binstring load_short_binunicode load_stack_global"
     " load_stop load_string load_true load_tuple load_tuple1 load_tuple2 load_tuple3"
     " load_unicode persistent_load pop_mark __weakref__"},
    {"re.Match",
     "end endpos expand group groupdict groups lastgroup lastindex pos re regs span start"
     " string __copy__ __deepcopy__ __getitem__"},
    {"re.Pattern",
     "findall finditer flags fullmatch groupindex groups match pattern scanner search"
     " split sub subn __copy__ __deepcopy__"},
    {"threading.Thread",
     "_after_fork _bootstrap _bootstrap_inner _delete _initialized _reset_internal_locks"
     " _set_ident _set_native_id _set_tstate_lock _stop _wait_for_tstate_lock daemon"
     " getName ident isAlive isDaemon is_alive join name native_id run setDaemon setName"
     " start __weakref__"},
    {"typing.Annotated", "_class_getitem_inner __slots__"},
    {"typing.Generic", "_is_protocol __class_getitem__ __parameters__ __slots__"},
    {"typing.NamedTuple",
     "_asdict _field_defaults _fields _make _replace count index __add__ __contains__"
     " __getitem__ __getnewargs__ __iter__ __len__ __mul__ __rmul__ __slots__"},
    {"typing.Protocol",
     "_abc_impl _is_protocol _is_runtime_protocol __abstractmethods__ __class_getitem__"
     " __parameters__ __slots__"},
};

}  // namespace

std::span<const StandardNames> standard_classes() {
  return kClasses;
}

}  // namespace launch::pysource
