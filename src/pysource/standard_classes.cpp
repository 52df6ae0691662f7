#include "pysource/standard_classes.hpp"

#include <algorithm>
#include <iterator>

namespace launch::pysource {
namespace {

struct Row {
  std::string_view name;
  std::string_view words;  ///< separated by blanks
};

/// Names without two leading underscores in dir(CLASS) of CPython 3.8 to 3.13, sorted by class.
constexpr Row kClasses[] = {
    {"abc.ABC", "_abc_impl"},
    {"builtins.BaseException", "add_note args with_traceback"},
    {"builtins.Exception", "add_note args with_traceback"},
    {"builtins.bool",
     "as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag is_integer"
     " numerator real to_bytes"},
    {"builtins.bytes",
     "capitalize center count decode endswith expandtabs find fromhex hex index isalnum isalpha"
     " isascii isdigit islower isspace istitle isupper join ljust lower lstrip maketrans partition"
     " removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split"
     " splitlines startswith strip swapcase title translate upper zfill"},
    {"builtins.complex", "conjugate imag real"},
    {"builtins.dict", "clear copy fromkeys get items keys pop popitem setdefault update values"},
    {"builtins.float", "as_integer_ratio conjugate fromhex hex imag is_integer real"},
    {"builtins.frozenset",
     "copy difference intersection isdisjoint issubset issuperset symmetric_difference union"},
    {"builtins.int",
     "as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag is_integer"
     " numerator real to_bytes"},
    {"builtins.list", "append clear copy count extend index insert pop remove reverse sort"},
    {"builtins.object", ""},
    {"builtins.property", "deleter fdel fget fset getter setter"},
    {"builtins.set",
     "add clear copy difference difference_update discard intersection intersection_update"
     " isdisjoint issubset issuperset pop remove symmetric_difference symmetric_difference_update"
     " union update"},
    {"builtins.str",
     "capitalize casefold center count encode endswith expandtabs find format format_map index"
     " isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable"
     " isspace istitle isupper join ljust lower lstrip maketrans partition removeprefix"
     " removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines"
     " startswith strip swapcase title translate upper zfill"},
    {"builtins.tuple", "count index"},
    {"builtins.type", "mro"},
    {"collections.OrderedDict",
     "clear copy fromkeys get items keys move_to_end pop popitem setdefault update values"},
    {"collections.UserDict",
     "_MutableMapping__marker _abc_impl clear copy fromkeys get items keys pop popitem setdefault"
     " update values"},
    {"collections.abc.Iterator", "_abc_impl"},
    {"collections.abc.MutableMapping",
     "_MutableMapping__marker _abc_impl clear get items keys pop popitem setdefault update values"},
    {"collections.defaultdict",
     "clear copy default_factory fromkeys get items keys pop popitem setdefault update values"},
    {"contextlib.AbstractContextManager", "_abc_impl"},
    {"contextlib.ContextDecorator", "_recreate_cm"},
    {"datetime.timedelta", "days max microseconds min resolution seconds total_seconds"},
    {"enum.Enum", "_generate_next_value_ _missing_ _name_ _value_ name value"},
    {"enum.Flag", "_generate_next_value_ _missing_ _name_ _value_ name value"},
    {"enum.IntEnum",
     "_generate_next_value_ _missing_ _name_ _value_ as_integer_ratio bit_count bit_length"
     " conjugate denominator from_bytes imag is_integer name numerator real to_bytes value"},
    {"enum.IntFlag",
     "_generate_next_value_ _missing_ _name_ _value_ as_integer_ratio bit_count bit_length"
     " conjugate denominator from_bytes imag is_integer name numerator real to_bytes value"},
    {"enum.StrEnum",
     "_generate_next_value_ _missing_ _name_ _value_ capitalize casefold center count encode"
     " endswith expandtabs find format format_map index isalnum isalpha isascii isdecimal isdigit"
     " isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip"
     " maketrans name partition removeprefix removesuffix replace rfind rindex rjust rpartition"
     " rsplit rstrip split splitlines startswith strip swapcase title translate upper value zfill"},
    {"pathlib.Path",
     "_accessor _cached_cparts _closed _cparts _drv _filter_trailing_slash _flavour"
     " _format_parsed_parts _from_parsed_parts _from_parsed_string _from_parts _glob_selector"
     " _globber _hash _init _lines _lines_cached _load_parts _make_child _make_child_relpath"
     " _max_symlinks _opener _parse_args _parse_path _parts _parts_normcase _parts_normcase_cached"
     " _pattern_str _pparts _raise_closed _raw_open _raw_path _raw_paths _remove_leading_dot"
     " _remove_trailing_slash _resolving _root _scandir _stack _str _str_normcase"
     " _str_normcase_cached _tail _tail_cached _unsupported_msg absolute anchor as_posix as_uri"
     " chmod cwd drive exists expanduser from_uri full_match glob group hardlink_to home"
     " is_absolute is_block_device is_char_device is_dir is_fifo is_file is_junction is_mount"
     " is_relative_to is_reserved is_socket is_symlink iterdir joinpath lchmod link_to lstat match"
     " mkdir name open owner parent parents parser parts read_bytes read_text readlink relative_to"
     " rename replace resolve rglob rmdir root samefile stat stem suffix suffixes symlink_to touch"
     " unlink walk with_name with_segments with_stem with_suffix write_bytes write_text"},
    {"threading.Thread",
     "_after_fork _bootstrap _bootstrap_inner _delete _initialized _reset_internal_locks"
     " _set_ident _set_native_id _set_tstate_lock _stop _wait_for_tstate_lock daemon getName ident"
     " isAlive isDaemon is_alive join name native_id run setDaemon setName start"},
    {"threading.local", ""},
    {"types.ModuleType", ""},
    {"typing.Generic", ""},
    {"typing.NamedTuple", "_asdict _field_defaults _fields _make _replace count index"},
    {"typing.Protocol", ""},
};

/// __all__ of modules that others import all of, of CPython 3.8 to 3.13.
constexpr Row kModules[] = {
    {"multiprocessing",
     "Array AuthenticationError Barrier BoundedSemaphore BufferTooShort Condition Event"
     " JoinableQueue Lock Manager Pipe Pool Process ProcessError Queue RLock RawArray RawValue"
     " Semaphore SimpleQueue TimeoutError Value active_children allow_connection_pickling"
     " cpu_count current_process freeze_support get_all_start_methods get_context get_logger"
     " get_start_method log_to_stderr parent_process reducer set_executable set_forkserver_preload"
     " set_start_method"},
    {"typing",
     "AbstractSet Annotated Any AnyStr AsyncContextManager AsyncGenerator AsyncIterable"
     " AsyncIterator Awaitable BinaryIO ByteString Callable ChainMap ClassVar Collection"
     " Concatenate Container ContextManager Coroutine Counter DefaultDict Deque Dict Final"
     " ForwardRef FrozenSet Generator Generic Hashable IO ItemsView Iterable Iterator KeysView"
     " List Literal LiteralString Mapping MappingView Match MutableMapping MutableSequence"
     " MutableSet NamedTuple Never NewType NoDefault NoReturn NotRequired Optional OrderedDict"
     " ParamSpec ParamSpecArgs ParamSpecKwargs Pattern Protocol ReadOnly Required Reversible Self"
     " Sequence Set Sized SupportsAbs SupportsBytes SupportsComplex SupportsFloat SupportsIndex"
     " SupportsInt SupportsRound TYPE_CHECKING Text TextIO Tuple Type TypeAlias TypeAliasType"
     " TypeGuard TypeIs TypeVar TypeVarTuple TypedDict Union Unpack ValuesView assert_never"
     " assert_type cast clear_overloads dataclass_transform final get_args get_origin"
     " get_overloads get_protocol_members get_type_hints is_protocol is_typeddict no_type_check"
     " no_type_check_decorator overload override reveal_type runtime_checkable"},
};

bool has_word(std::string_view words, std::string_view word) {
  for (auto at = words.find(word); at != std::string_view::npos; at = words.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || words[at - 1] == ' ') && (end == words.size() || words[end] == ' ')) return true;
  }
  return false;
}

template <class Rows>
std::optional<bool> lists(const Rows& rows, std::string_view name, std::string_view word) {
  const auto* found =
      std::find_if(std::begin(rows), std::end(rows), [&](const Row& row) { return row.name == name; });
  if (found == std::end(rows) || word.empty()) return {};
  return has_word(found->words, word);
}

}  // namespace

std::optional<bool> standard_class_has(std::string_view name, std::string_view attribute) {
  if (attribute.starts_with("__")) return {};
  return lists(kClasses, name, attribute);
}

std::optional<bool> standard_star_binds(std::string_view module, std::string_view name) {
  return lists(kModules, module, name);
}

}  // namespace launch::pysource
