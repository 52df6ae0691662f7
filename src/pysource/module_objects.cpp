// What a module's code does to modules as objects: sys.modules, globals(), setattr and the like.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "pysource/module_reader.hpp"

namespace launch::pysource {

/// `sys.modules[KEY] = VALUE`, and its effect on this module.
void ModuleReader::register_module(TokenRange target, TokenRange value, bool in_function) {
  std::uint32_t end = 0;
  if (dotted_name(tree_, target, &end) != "sys.modules" || end >= target.last || !tree_.is(end, "[")) return;
  const auto behind = behind_bracket(tree_, end, target.last);
  const auto keys = values_.texts(tree_, {end + 1, behind - 1});
  value = without_brackets(tree_, value);
  if (behind != target.last) return attribute_of_module(keys, {behind, target.last}, value);
  register_keys(keys, value, target.first, in_function);
}

/// `sys.modules.setdefault(KEY, VALUE)`
void ModuleReader::set_default_module(TokenRange range, bool in_function) {
  std::uint32_t end = 0;
  if (dotted_name(tree_, range, &end) != "sys.modules.setdefault" || end >= range.last) return;
  const auto arguments = split_range(tree_, {end + 1, behind_bracket(tree_, end, range.last) - 1}, ",");
  if (arguments.size() == 2)
    register_keys(values_.texts(tree_, arguments[0]), arguments[1], range.first, in_function);
}

void ModuleReader::register_keys(const TextValue& keys, TokenRange value, std::uint32_t token,
                                 bool in_function) {
  std::uint32_t object_end = 0;
  auto object = dotted_name(tree_, value, &object_end);
  const auto modules = named_modules(value, object, object_end);
  const bool call = object_end < value.last;
  for (std::size_t i = 0; i < keys.texts.size(); ++i) {
    const auto& key = keys.texts[i];
    if (key == names_.module && !in_function && modules.empty()) {
      names_.replaced = Replacement{object, false, line(token)};
      if (!call) names_.replaced->class_name.clear();
    }
    Registration registration{key, call ? "" : object, {}, line(token), in_function};
    if (modules.size() == keys.texts.size()) registration.module = modules[i];
    if (modules.size() == 1) registration.module = modules.front();
    names_.registrations.push_back(std::move(registration));
  }
  if (!keys.listed.empty()) {
    names_.registrations.push_back({std::string(1, kAnyText), {}, {}, line(token), in_function});
  }
}

/// The module names in `sys.modules["…"]` and `import_module("…")`; empty for anything else.
std::vector<std::string> ModuleReader::named_modules(TokenRange value, const std::string& object,
                                                     std::uint32_t end) const {
  const bool importing = object == "import_module" || object == "importlib.import_module";
  if (end >= value.last || !(importing || object == "sys.modules")) return {};
  if (behind_bracket(tree_, end, value.last) != value.last) return {};
  const auto arguments = split_range(tree_, {end + 1, value.last - 1}, ",");
  auto modules = values_.texts(tree_, arguments.front()).texts;
  for (auto& module : modules) {
    if (is_pattern(module)) return {};
    if (module.starts_with('.')) {
      const auto level = module.find_first_not_of('.');
      if (level == std::string::npos) return {};
      module = absolute_module(names_.module, names_.is_package, static_cast<unsigned>(level),
                               module.substr(level));
    }
  }
  return modules;
}

/// `sys.modules[KEY].name = VALUE` with this module's key.
void ModuleReader::attribute_of_module(const TextValue& keys, TokenRange rest, TokenRange value) {
  if (keys.texts != std::vector<std::string>{names_.module} || rest.last - rest.first != 2) return;
  if (!tree_.is(rest.first, ".") || !tree_.is_name(rest.first + 1)) return;
  if (tree_.is(rest.first + 1, "__class__")) {
    names_.replaced = Replacement{dotted_name(tree_, value), true, line(rest.first)};
  } else {
    bind_here(rest.first + 1);
  }
}

/// KEY of `globals()[KEY]`, and of vars() and locals() where they are the module's.
std::optional<TokenRange> ModuleReader::globals_key(TokenRange target, bool at_top) const {
  std::uint32_t end = 0;
  const auto name = dotted_name(tree_, target, &end);
  if (name != "globals" && !(at_top && (name == "vars" || name == "locals"))) return {};
  if (end + 3 >= target.last || !tree_.is(end, "(") || !tree_.is(end + 1, ")") || !tree_.is(end + 2, "[")) {
    return {};
  }
  if (behind_bracket(tree_, end + 2, target.last) != target.last) return {};
  return TokenRange{end + 3, target.last - 1};
}

void ModuleReader::subscript(TokenRange target, TokenRange value) {
  if (const auto key = globals_key(target, true)) computed(values_.texts(tree_, *key), target.first, value);
}

void ModuleReader::computed(const TextValue& keys, std::uint32_t token, TokenRange value) {
  for (const auto& text : keys.texts) {
    if (is_pattern(text)) {
      names_.computed.push_back({text, {}, line(token)});
    } else {
      Binding binding;
      binding.line = line(token);
      bind(text, std::move(binding));
    }
  }
  for (const auto& each : keys.listed) names_.computed.push_back({{}, each, line(token), value});
}

/// Calls that bind names: __all__.extend, setattr on the module, globals().update, exec, and functions that
/// do so.
void ModuleReader::call(TokenRange range) {
  std::uint32_t end = 0;
  const auto name = dotted_name(tree_, range, &end);
  if (end >= range.last || !tree_.is(end, "(")) return;
  const auto behind = behind_bracket(tree_, end, range.last);
  const auto arguments = split_range(tree_, {end + 1, behind - 1}, ",");
  if (name == "sys.modules.setdefault") return set_default_module(range, false);
  if (name == "__all__.extend") return extend_all(values_.elements(tree_, arguments.front()));
  if (name == "__all__.append" || name == "__all__.remove") {
    const auto value = values_.texts(tree_, arguments.front());
    const bool known = name == "__all__.append" && value.listed.empty() &&
                       std::none_of(value.texts.begin(), value.texts.end(), is_pattern);
    return extend_all(known ? std::optional(value.texts) : std::nullopt);
  }
  if (name == "setattr" && arguments.size() == 3 && is_this_module(arguments[0])) {
    return computed(values_.texts(tree_, arguments[1]), range.first);
  }
  if (name == "setattr" && arguments.size() == 3) return patch(arguments[0], arguments[1]);
  if (name == "delattr" && arguments.size() == 2 && is_this_module(arguments[0])) {
    for (const auto& text : values_.texts(tree_, arguments[1]).texts) forget(text, true);
    return;
  }
  if (binders_.contains(name.substr(name.rfind('.') + 1))) {
    for (const auto& text : values_.texts(tree_, arguments.front()).texts) {
      if (!is_pattern(text)) computed({{text}, {}}, range.first);
    }
    return;
  }
  if (is_this_module(arguments.front())) names_.passed_to.push_back(name);
  if (name == "exec" && arguments.size() == 1) {
    return computed({{std::string(1, kAnyText)}, {}}, range.first);
  }
  if (name == "globals" && behind + 2 < range.last && tree_.is(behind, ".") &&
      tree_.is(behind + 1, "update")) {
    const auto keys = values_.elements(tree_, {behind + 3, range.last - 1});
    computed({keys.value_or(std::vector<std::string>{std::string(1, kAnyText)}), {}}, range.first);
  }
}

/// `setattr(CLASS, KEY, …)`
void ModuleReader::patch(TokenRange object, TokenRange key) {
  std::uint32_t end = 0;
  const auto owner = dotted_name(tree_, object, &end);
  if (owner.empty() || end != object.last) return;
  const auto keys = values_.texts(tree_, key);
  for (const auto& text : keys.texts)
    names_.patched.insert(fmt::format("{}.{}", owner, is_pattern(text) ? "*" : text));
  if (!keys.listed.empty()) names_.patched.insert(owner + ".*");
}

/// The same in a function: a class that the module defines may get names.
void ModuleReader::patches_in_function(TokenRange range) {
  for (auto i = range.first; i + 3 < range.last; ++i) {
    if (!tree_.is(i, "setattr") || !tree_.is(i + 1, "(") || !tree_.is_name(i + 2)) continue;
    std::uint32_t end = 0;
    const auto owner = dotted_name(tree_, {i + 2, range.last}, &end);
    if (end < range.last && tree_.is(end, ",")) names_.patched.insert(owner + ".*");
    const auto object =
        split_range(tree_, {i + 2, behind_bracket(tree_, i + 1, range.last) - 1}, ",").front();
    if (owner == "sys.modules" && is_this_module(object))
      names_.computed.push_back({std::string(1, kAnyText), {}, line(i)});
  }
}

/// `sys.modules[__name__]`, or a variable that holds it.
bool ModuleReader::is_this_module(TokenRange range) const {
  std::uint32_t end = 0;
  const auto name = dotted_name(tree_, range, &end);
  if (name == "sys.modules" && end + 1 < range.last) {
    return values_.texts(tree_, {end + 1, range.last - 1}).texts == std::vector<std::string>{names_.module};
  }
  return end == range.last && modules_held_.contains(name);
}

}  // namespace launch::pysource
