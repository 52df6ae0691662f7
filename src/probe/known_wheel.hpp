#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "index/remote_zip.hpp"
#include "pysource/answer.hpp"
#include "pysource/python_scanner.hpp"

namespace launch::probe {

/// What was found out about a wheel, to be kept for later runs.
struct KnownWheel {
  std::vector<std::string> roots;     ///< its top-level modules, sorted
  std::optional<std::string> commit;  ///< that it was built from; empty if it names none
  std::unordered_map<std::string, pysource::Answer> answers;  ///< by key_of
};

/// Equal for equal requirements.
std::string key_of(const pysource::Requirement& requirement);

/// Forgets what these questions do not ask if more than `most` answers are known: code that changes asks ever
/// new ones.
void forget_others(KnownWheel& known, std::span<const std::string> keys, std::size_t most);

/// The text to keep, the same for equal knowledge.
std::string text_of(const KnownWheel& known);
/// nullopt for any other text.
std::optional<KnownWheel> parse_known(std::string_view text);

std::string text_of(const index::ZipOutline& outline);
/// nullopt for any other text.
std::optional<index::ZipOutline> parse_outline(std::string_view text);

}  // namespace launch::probe
