#include <algorithm>
#include <array>

#include "pysource/code_names.hpp"
#include "pysource/gate_evaluation.hpp"
#include "specs/name.hpp"
#include "specs/requirement.hpp"

namespace launch::pysource {
namespace {

using Kind = Value::Kind;

constexpr int kMostReexports = 12;

Value unresolved(std::string name) {
  Value value{.kind = Kind::object};
  value.text = std::move(name);
  return value;
}

std::string path_of(const Value& object) {
  return object.other.empty() ? object.text : object.text + "." + object.other;
}

/// The numbers of `pytorch_after(2, 6)`: "2.6"; empty if they are something else.
std::string version_of(std::span<const Value> numbers) {
  std::string version;
  if (numbers.size() < 2 || numbers.size() > 3) return version;
  for (const auto& each : numbers) {
    if (!each.is(Kind::number)) return {};
    if (!version.empty()) version += '.';
    version += std::to_string(each.number);
  }
  return version;
}

/// skip_if_…: its condition says when the test does not run.
bool skips(const std::vector<std::string>& words) {
  return words.size() > 1 && words[0] == "skip" && words[1] == "if";
}

}  // namespace

Value GateEvaluator::name(const std::string& name, std::uint32_t file) {
  auto key = std::pair(file, name);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  const bool cyclic = std::find(open_names_.begin(), open_names_.end(), key) != open_names_.end();
  if (cyclic) return unresolved(name);
  open_names_.push_back(key);
  auto result = member(file, name);
  open_names_.pop_back();
  if (steps_ < 10000 && depth_ < 100) known_.emplace(std::move(key), result);  // complete, not cut short
  return result;
}

/// A name of a file of the scanned code; an unresolved object if nothing is known of it.
Value GateEvaluator::member(std::uint32_t file, const std::string& name) {
  if (const auto* found = symbols_.find(file, name)) {
    auto result = value(**found, Frame{file});
    if (!result.is(Kind::unknown)) return result;
    const auto named = named_truth(name);
    return named && !named->can_be_open() ? Value::of(*named) : result;
  }
  if (std::string_view(name).ends_with(kConstruction)) {
    // A class that the file imports itself.
    const auto* klass = symbols_.find(file, name.substr(0, name.size() - kConstruction.size()));
    if (klass != nullptr && (*klass)->kind == Expression::Kind::external && !(*klass)->other.empty()) {
      auto construction = **klass;
      construction.other += kConstruction;
      return value(construction, Frame{file});
    }
  }
  const auto& stars = symbols_.stars(file);
  for (auto star = stars.rbegin(); star != stars.rend(); ++star) {
    const auto from = symbols_.module(file, (*star)->number, (*star)->text);
    if (!from) continue;
    auto key = std::pair(*from, name);
    if (std::find(open_names_.begin(), open_names_.end(), key) != open_names_.end()) continue;
    if (open_names_.size() > kMostReexports) break;
    auto result = this->name(name, *from);
    if (!result.is(Kind::object) || result.text != name) return result;
  }
  return unresolved(name);
}

Value GateEvaluator::external(const Expression& expression, std::uint32_t file) {
  const auto& module = expression.text;
  const auto& name = expression.other;
  const auto found = symbols_.module(file, expression.number, module);
  if (found && name.empty()) {
    Value result{.kind = Kind::module};
    result.number = *found;
    return result;
  }
  if (found && open_names_.size() < 4 * kMostReexports) {
    auto result = this->name(name, *found);
    if (!result.is(Kind::object) || result.text != name || !result.other.empty()) return result;
  }
  const auto joined = module.empty() ? name : module + "." + name;
  if (const auto submodule = symbols_.module(file, expression.number, joined)) {
    Value result{.kind = Kind::module};
    result.number = *submodule;
    return result;
  }
  // Installed packages and what is not scanned.
  Value result{.kind = Kind::object, .special = false};
  result.text = module.empty() ? name : module;
  result.other = module.empty() ? std::string() : name;
  return result;
}

Value GateEvaluator::attribute(const Value& object, const std::string& name) {
  switch (object.kind) {
    case Kind::object:
      return attribute_of_object(object, name);
    case Kind::module:
      return this->name(name, static_cast<std::uint32_t>(object.number));
    case Kind::distribution:
      if (name == "version") return distribution_version(object.text);
      if (name == "parsed_version") {
        const auto version = distribution_version(object.text);
        return version.is(Kind::text) ? Value::version_of(version.text) : version;
      }
      return Value::unknown(Truth::either());
    default:
      return attribute_of(object, name);
  }
}

Value GateEvaluator::attribute_of_object(const Value& object, const std::string& name) {
  if (name == "__version__" || (name == "VERSION" && object.other.empty() && !is_asked(object.text))) {
    if (name == "__version__") return module_version(path_of(object));
  }
  if (name == "__dict__") {
    auto names = object;
    names.kind = Kind::directory;
    return names;
  }
  auto result = object;
  result.special = false;
  result.other += (result.other.empty() ? "" : ".") + name;
  return result;
}

const std::optional<NamedComparison>& GateEvaluator::comparison_in(const std::string& name) {
  const auto [known, added] = comparisons_.try_emplace(name);
  if (added) known->second = named_comparison(name);
  return known->second;
}

std::optional<Truth> GateEvaluator::named_truth(const std::string& name) {
  if (const auto& named = comparison_in(name);
      named && !named->distribution.empty() && !named->version.empty()) {
    const auto module = [&] {
      auto text = named->distribution;
      std::replace(text.begin(), text.end(), '-', '_');
      return text;
    }();
    if (!named->op.empty()) {
      const auto fits = compare_distribution(named->distribution, named->op, named->version);
      return skips(words_of(name)) ? !fits : fits;
    }
    return unknown_about(module);
  }
  if (const auto package = named_package(name); package && is_asked(*package)) return has({*package, ""});
  if (names_feature(name, facts_.roots)) return Truth::open();
  return std::nullopt;
}

Truth GateEvaluator::compare_distribution(const std::string& distribution, const std::string& op,
                                          const std::string& version) {
  const auto found = distribution_version(distribution);
  if (!found.is(Kind::text)) return found.truth;
  const auto literal = Value::version_of(version);
  const auto full = Value::version_of(found.text);
  if (!literal.is(Kind::version) || !full.is(Kind::version)) return Truth::open();
  const auto base = Value::version_of(attribute_of(full, "base_version").text);
  const auto with_dev = compare(op, full, literal);
  // Whether a helper counts 2.6.0.dev as 2.6 is not known.
  return with_dev == compare(op, base, literal) ? with_dev : Truth::open();
}

Truth GateEvaluator::satisfies(const std::string& text) {
  const auto requirement = specs::Requirement::parse(text);
  if (!requirement) return Truth::either();
  const auto found = distribution_version(requirement->name);
  if (!found.is(Kind::text)) return found.truth;
  const auto version = specs::Version::parse(found.text);
  if (!version) return Truth::open();
  const bool full = requirement->specifier.matches(*version);
  const auto base = specs::Version::parse(attribute_of(Value::version_of(found.text), "base_version").text);
  return base && requirement->specifier.matches(*base) == full ? Truth::of(full) : Truth::open();
}

/// Helpers whose code is not scanned, by what their names say: is_torch_greater_or_equal("2.6"),
/// compare_version("torch", operator.ge, "2.6"), RequirementCache("torch>=2.6").
std::optional<Value> GateEvaluator::call_by_name(const std::string& name, const Arguments& arguments) {
  const auto words = words_of(name);
  const auto has_word = [&](std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  const bool about_versions = has_word("version") || has_word("versions") || has_word("require") ||
                              has_word("requires") || has_word("requirement") || has_word("requirements");
  std::vector<const Value*> texts;
  std::string op;
  for (std::size_t i = 0; i < arguments.positional(); ++i) {
    const auto& value = arguments.values[i];
    if (value.is(Kind::object)) {
      constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kOperators = {
          {{"ge", ">="}, {"gt", ">"}, {"le", "<="}, {"lt", "<"}, {"eq", "=="}, {"ne", "!="}}};
      const auto path = path_of(value);
      for (const auto& [word, sign] : kOperators) {
        if (path == std::string("operator.").append(word)) op = sign;
      }
    } else if (value.is(Kind::text)) {
      constexpr std::array<std::string_view, 6> kSigns = {">=", ">", "<=", "<", "==", "!="};
      if (std::find(kSigns.begin(), kSigns.end(), value.text) != kSigns.end()) {
        op = value.text;
      } else {
        texts.push_back(&value);
      }
    }
  }
  for (const auto& [keyword, sign] : {std::pair("min_torch", ">="), {"max_torch", "<"}}) {
    const auto* limit = arguments.named(keyword);
    if (limit != nullptr && limit->is(Kind::text))
      return Value::of(compare_distribution("torch", sign, limit->text));
  }
  const auto& named = comparison_in(name);
  if (named && named->version.empty() && texts.size() == 1 && !named->distribution.empty() && op.empty()) {
    const auto fits = compare_distribution(named->distribution, named->op, texts[0]->text);
    return Value::of(skips(words) ? !fits : fits);
  }
  const auto numbers = version_of(std::span(arguments.values).first(arguments.positional()));
  if (named && named->version.empty() && !numbers.empty() && !named->distribution.empty() &&
      !named->op.empty())
    return Value::of(compare_distribution(named->distribution, named->op, numbers));
  const bool gives_version = words == std::vector<std::string>{"torch", "version"} ||
                             words == std::vector<std::string>{"get", "torch", "version"};
  if (gives_version && arguments.values.empty()) return module_version("torch");
  if (about_versions && !op.empty() && texts.size() == 2)
    return Value::of(compare_distribution(texts[0]->text, op, texts[1]->text));
  if (about_versions && !op.empty() && texts.size() == 1) {
    for (const auto& word : words) {
      if (is_asked(word)) return Value::of(compare_distribution(word, op, texts[0]->text));
    }
  }
  if (about_versions && op.empty() && !texts.empty() &&
      texts[0]->text.find_first_of("<>=!~") != std::string::npos) {
    const auto result = satisfies(texts[0]->text);
    // require_version(…) raises if the version does not fit.
    if (words.front() == "require" && !result.is_yes())
      return result.is_no() ? Value::raising() : Value::unknown(result);
    return Value::of(result);
  }
  const bool about_presence = has_word("available") || has_word("installed") || has_word("importable");
  if (about_presence && texts.size() == 1 && arguments.values.size() == 1 && is_asked(texts[0]->text))
    return Value::of(has({texts[0]->text, ""}));
  if (const auto truth = named_truth(name)) return Value::of(*truth);
  return std::nullopt;
}

}  // namespace launch::pysource
