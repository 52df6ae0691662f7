#include "containers/kept_answers.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace launch::containers {
namespace {

using nlohmann::json;

/// The document with the answers of a state; a new one if the kept one is of another.
json document_of(std::string_view state, const std::filesystem::path& kept) {
  try {
    const auto text = read_file(kept);
    auto found = text ? parse_json<json>(*text) : json();
    if (found.is_object() && found.at("state") == state && found.at("answers").is_object()) return found;
  } catch (const json::exception&) {
    // as if nothing were kept
  }
  return {{"state", state}, {"answers", json::object()}};
}

/// Whether a list of containers/storage has an image under a name, or under one with a digest.
bool lists(const std::string& list, const std::string& reference, const Digest& image) {
  const auto parsed = parse_json<json>(list);
  if (!parsed.is_array()) return false;
  return std::any_of(parsed.begin(), parsed.end(), [&](const json& entry) {
    if (json_string(entry, {"id"}) != image.hex()) return false;
    if (reference.find(image.hex()) != std::string::npos || reference.find('@') != std::string::npos)
      return true;
    const auto& names = json_at(entry, {"names"});
    return names.is_array() && std::any_of(names.begin(), names.end(), [&](const json& name) {
             return json_string(name) == reference || json_string(name) == reference + ":latest";
           });
  });
}

}  // namespace

void KeptAnswers::forget() const {
  if (disk_ != nullptr) disk_->remove(kept_);
}

std::string KeptAnswers::state() const {
  return state_of_file(list_).value_or("");
}

std::optional<std::string> KeptAnswers::find(std::string_view state, const std::string& reference) const {
  if (state.empty()) return std::nullopt;
  const auto answers = document_of(state, kept_).at("answers");
  const auto found = answers.find(reference);
  if (found == answers.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

void KeptAnswers::keep(std::string_view state, const std::string& reference, const Digest& image,
                       std::string answer) const {
  if (state.empty() || !is_utf8(reference) || !is_utf8(answer)) return;
  const auto list = read_file(list_);
  if (!list || !lists(*list, reference, image) || this->state() != state) return;
  auto document = document_of(state, kept_);
  document["answers"][reference] = std::move(answer);
  (void)write_file(*disk_, kept_, json_text(document), 0600, Flush::no);
}

}  // namespace launch::containers
