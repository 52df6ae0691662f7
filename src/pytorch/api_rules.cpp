#include "pytorch/api_rules.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/tsv.hpp"
#include "pytorch/tables.hpp"
#include "specs/scanner.hpp"

namespace launch::pytorch {
namespace {

/// Names of dtypes that are not those of the C++ type in lower case.
std::string dtype_of(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kNames = {
      {{"Byte", "uint8"},
       {"Char", "int8"},
       {"Short", "int16"},
       {"Int", "int32"},
       {"Long", "int64"},
       {"Half", "float16"},
       {"Float", "float32"},
       {"Double", "float64"},
       {"ComplexHalf", "complex32"},
       {"ComplexFloat", "complex64"},
       {"ComplexDouble", "complex128"}}};
  for (const auto& [type, dtype] : kNames) {
    if (type == name) return std::string(dtype);
  }
  return to_lower(name);
}

/// The parts of "(Tensor self, int[] dim=[1, 2], *, Tensor(a!) out) -> Tensor(a!)", and what follows them.
struct Schema {
  std::vector<std::string_view> parts;
  std::string_view result;
};

Schema schema_of(std::string_view text) {
  Schema schema;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '(' || c == '[') ++depth;
    if (c == '(' && depth == 1) start = i + 1;
    const bool closes = (c == ')' || c == ']') && --depth == 0;
    if (!closes && !(c == ',' && depth == 1)) continue;
    schema.parts.push_back(trim(text.substr(start, i - start)));
    start = i + 1;
    if (!closes) continue;
    schema.result = text.substr(start);
    break;
  }
  return schema;
}

/// What Python calls the parameters of the function that is made of an operator (torchgen/api/python.py): the
/// tensor `self` is `input`, all outputs together are `out`, and what makes a tensor of none, or is named for
/// making one like another, takes `requires_grad`.
std::vector<std::string> python_parameters(std::string_view name, std::string_view text) {
  const auto schema = schema_of(text);
  std::vector<std::string> names;
  bool keywords = false;
  bool takes_tensors = false;
  bool has_outputs = false;
  for (auto part : schema.parts) {
    keywords = keywords || part == "*";
    part = trim(part.substr(0, part.find('=')));
    const auto space = part.find_last_of(' ');
    if (space == std::string_view::npos) continue;
    const auto type = part.substr(0, space);
    const auto parameter = part.substr(space + 1);
    if (keywords && type.find('!') != std::string_view::npos) {
      has_outputs = true;
      continue;
    }
    takes_tensors = takes_tensors || type.starts_with("Tensor");
    const bool tensor = type == "Tensor" || (type.starts_with("Tensor(") && type.ends_with(')'));
    names.emplace_back(parameter == "self" && tensor ? "input" : parameter);
  }
  if (has_outputs) names.emplace_back("out");
  const auto operation = name.substr(0, name.find('.'));
  const bool makes = !takes_tensors || operation.ends_with("_like") || operation.starts_with("new_");
  if (makes && schema.result.find("Tensor") != std::string_view::npos) {
    for (const auto* option : {"dtype", "layout", "device", "pin_memory", "requires_grad"}) {
      if (std::find(names.begin(), names.end(), option) == names.end()) names.emplace_back(option);
    }
  }
  return names;
}

}  // namespace

pysource::NameList read_native_functions(std::string_view content) {
  constexpr std::string_view kFunction = "- func: ";
  constexpr std::string_view kGenerated = "  autogen: ";
  pysource::NameList operators;
  for (auto line : lines(content)) {
    if (line.starts_with(kFunction)) {
      line.remove_prefix(kFunction.size());
      const auto name = line.substr(0, line.find('('));
      operators.emplace(trim(name), python_parameters(name, line.substr(std::min(name.size(), line.size()))));
    } else if (line.starts_with(kGenerated)) {
      line.remove_prefix(kGenerated.size());
      for (const auto part : split(line, ',')) operators.try_emplace(std::string(trim(part)));
    }
  }
  return operators;
}

pysource::NameList read_scalar_types(std::string_view content) {
  pysource::NameList names;
  for (auto at = content.find("_("); at != std::string_view::npos; at = content.find("_(", at + 2)) {
    const auto line = content.substr(at, content.find('\n', at) - at);
    const auto comma = line.rfind(',', line.find(')', line.find(',')));
    const auto close = line.find(')', comma);
    if (comma == std::string_view::npos || close == std::string_view::npos) continue;
    const auto name = trim(line.substr(comma + 1, close - comma - 1));
    if (!name.empty() && std::all_of(name.begin(), name.end(), specs::is_word)) {
      names.try_emplace("torch:" + dtype_of(name));
      if (name == "UInt1") names.try_emplace("torch:bit");
    }
  }
  return names;
}

pysource::NameList read_identifiers(std::string_view content) {
  constexpr std::size_t kLongest = 100;
  std::vector<std::string> reversed;
  for (std::size_t i = 0; i < content.size(); ++i) {
    const auto start = i;
    while (i < content.size() && specs::is_word(content[i])) ++i;
    const auto length = i - start;
    const bool ends = i < content.size() && content[i] == '\0';
    if (!ends || length < 2 || length > kLongest) continue;
    const auto name = content.substr(start, length);
    reversed.emplace_back(name.rbegin(), name.rend());
  }
  std::sort(reversed.begin(), reversed.end());
  pysource::NameList names;
  for (auto& name : reversed) names.try_emplace(names.end(), std::move(name));
  return names;
}

Result<pysource::ApiRules> read_api_rules(std::string_view names, std::string_view operators) {
  pysource::ApiRules rules;
  TRY_ASSIGN(const auto rows, read_table(names, "python_names.tsv", {"kind", "name", "value", "source"}));
  const std::array<std::pair<std::string_view, pysource::ApiRules::Names*>, 8> sets = {
      {{"compiled", &rules.compiled_names},
       {"unlisted", &rules.unlisted},
       {"complete-stub", &rules.complete_stubs},
       {"opaque", &rules.opaque},
       {"operators", &rules.operator_functions},
       {"decorator", &rules.transparent_decorators},
       {"transparent-call", &rules.transparent_calls},
       {"choosing-call", &rules.choosing_calls}}};
  const std::array<std::pair<std::string_view, pysource::ApiRules::Texts*>, 4> maps = {
      {{"stands-for", &rules.stands_for},
       {"plug-in", &rules.plug_ins},
       {"settings", &rules.settings},
       {"struct-sequences", &rules.struct_sequences}}};
  for (const auto& row : rows) {
    const auto of_kind = [&](const auto& each) { return each.first == row[0]; };
    const auto* set = std::find_if(sets.begin(), sets.end(), of_kind);
    const auto* map = std::find_if(maps.begin(), maps.end(), of_kind);
    if (set != sets.end()) {
      set->second->insert(row[1]);
      if (row[0] == "compiled" && row[2] != "-") rules.compiled_like.emplace(row[1], row[2]);
    } else if (map != maps.end()) {
      map->second->emplace(row[1], row[2]);
    } else if (row[0] == "keyword") {
      rules.other_keywords.emplace(row[1], row[2]);
    } else {
      return fail(input_error(
          fmt::format("python_names.tsv: the row of {} has an unknown kind: {}", in_quotes(row[1]), row[0])));
    }
  }
  TRY_ASSIGN(const auto by_hand,
             read_table(operators, "hand_made_operators.tsv", {"name", "versions", "source"}));
  for (const auto& row : by_hand) {
    (row[1] == "all" ? rules.hand_made_operators : rules.varying_operators).insert(row[0]);
  }
  rules.operators_module = "torch.ops";
  rules.operators_source = "torch._ops";
  rules.operators_namespace = "aten";
  rules.operators = {{"torchgen/packaged/ATen/native/native_functions.yaml"}, read_native_functions};
  rules.compiled = {
      {"torch/include/torch/headeronly/core/ScalarType.h", "torch/include/c10/core/ScalarType.h"},
      read_scalar_types};
  rules.compiled_modules = {"torch"};
  rules.strings = {{"torch/lib/libtorch_python.so"}, read_identifiers, true};
  return rules;
}

const pysource::ApiRules& api_rules() {
  static const auto kRules = read_api_rules(kPythonNamesText, kHandMadeOperatorsText).value();
  return kRules;
}

}  // namespace launch::pytorch
