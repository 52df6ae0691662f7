#include "pysource/standard_classes.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "pysource/standard_names.hpp"

namespace launch::pysource {
namespace {

/// What names of `typing` stand for as base classes.
constexpr std::pair<std::string_view, std::string_view> kStandsFor[] = {
    {"AbstractSet", "collections.abc.Set"},
    {"AsyncContextManager", "contextlib.AbstractAsyncContextManager"},
    {"ContextManager", "contextlib.AbstractContextManager"},
    {"Counter", "collections.Counter"},
    {"DefaultDict", "collections.defaultdict"},
    {"Deque", "collections.deque"},
    {"Dict", "builtins.dict"},
    {"FrozenSet", "builtins.frozenset"},
    {"List", "builtins.list"},
    {"OrderedDict", "collections.OrderedDict"},
    {"Set", "builtins.set"},
    {"Tuple", "builtins.tuple"},
    {"Type", "builtins.type"},
};

/// __all__ of modules that others import all of, of CPython 3.8 to 3.13.
constexpr StandardNames kModules[] = {
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

std::optional<bool> lists(std::span<const StandardNames> rows, std::string_view owner,
                          std::string_view word) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const StandardNames& row) { return has_word(row.owners, owner); });
  if (found == rows.end() || word.empty()) return {};
  return has_word(found->words, word);
}

}  // namespace

std::optional<bool> standard_class_has(std::string_view name, std::string_view attribute) {
  const auto has = lists(standard_classes(), name, attribute);
  if (has && !*has && attribute.starts_with("__")) return {};
  return has;
}

std::string standard_base(std::string_view name) {
  constexpr std::string_view kTyping = "typing.";
  if (!name.starts_with(kTyping)) return std::string(name);
  const auto last = name.substr(kTyping.size());
  for (const auto& [alias, klass] : kStandsFor) {
    if (alias == last) return std::string(klass);
  }
  auto abstract = fmt::format("collections.abc.{}", last);
  return lists(standard_classes(), abstract, "mro") ? abstract : std::string(name);
}

std::string_view standard_metaclass(std::string_view name) {
  if (name.starts_with("enum.")) return "enum.EnumMeta";
  const bool abstract =
      name.starts_with("collections.abc.") || name == "abc.ABC" || name == "typing.Protocol";
  return abstract ? "abc.ABCMeta" : "builtins.type";
}

std::optional<bool> standard_star_binds(std::string_view module, std::string_view name) {
  return lists(kModules, module, name);
}

}  // namespace launch::pysource
