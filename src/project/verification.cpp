#include "project/verification.hpp"

#include <cerrno>
#include <functional>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "specs/day.hpp"

namespace launch::project {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMostRecord = std::uint64_t{1} << 20;
constexpr std::size_t kLongestValue = 400;  // in messages
constexpr int kSchema = 1;
constexpr std::size_t kDayLength = 10;  // of "2026-11-24T05:55:12Z"

Json or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

Json torch_json(const std::optional<pytorch::TorchBuild>& torch) {
  if (!torch) return nullptr;
  return {{"version", torch->version},
          {"cuda", or_null(torch->cuda)},
          {"hip", or_null(torch->hip)},
          {"git_version", or_null(torch->commit)}};
}

/// Reads the values of a record; the error is that of the first that is wrong.
class Reader {
 public:
  Reader(const Json& json, std::string_view file) : json_(json), file_(file) {}

  /// The value at a path of keys, as `read` understands it (nullopt: not at all).
  template <class Value>
  void read(std::initializer_list<const char*> path, Value& target, std::string_view expected,
            const std::function<std::optional<Value>(const Json&)>& read) {
    if (error_) return;
    const auto& value = json_at(json_, path);
    if (auto found = read(value)) {
      target = *std::move(found);
      return;
    }
    std::string key;
    for (const auto* part : path) key += (key.empty() ? "" : ".") + std::string(part);
    error_ = input_error(
        fmt::format("{}: {}: expected {}, found {}", file_, key, expected,
                    value.is_null() ? "nothing" : cut(printable(json_text(value)), kLongestValue)));
  }
  std::optional<Error>& error() { return error_; }

 private:
  const Json& json_;
  std::string_view file_;
  std::optional<Error> error_;
};

std::optional<std::string> word(const Json& json) {
  auto text = json_string(json);
  return text.empty() || text.find('\0') != std::string::npos ? std::nullopt : std::optional(std::move(text));
}

std::optional<std::vector<std::string>> words(const Json& json) {
  std::vector<std::string> list;
  if (!json.is_array()) return std::nullopt;
  for (const auto& each : json) {
    if (!each.is_string()) return std::nullopt;
    list.push_back(json_string(each));
  }
  return list;
}

std::optional<Digest> digest(const Json& json) {
  return Digest::parse(json_string(json));
}

std::optional<std::string> time(const Json& json) {
  auto text = json_string(json);
  return specs::parse_utc(text) ? std::optional(std::move(text)) : std::nullopt;
}

/// Of a value that may be null.
template <class Value>
std::function<std::optional<std::optional<Value>>(const Json&)> nullable(
    std::optional<Value> (*read)(const Json&)) {
  return [read](const Json& json) -> std::optional<std::optional<Value>> {
    if (json.is_null()) return std::optional<Value>();
    auto value = read(json);
    if (!value) return std::nullopt;
    return value;
  };
}

void read_torch(Reader& reader, const Json& json, std::optional<pytorch::TorchBuild>& torch) {
  constexpr std::string_view kText = "text, or null";
  if (json_at(json, {"torch"}).is_null()) return;
  auto& build = torch.emplace();
  reader.read<std::string>({"torch", "version"}, build.version, "a version", word);
  reader.read<std::optional<std::string>>({"torch", "cuda"}, build.cuda, kText, nullable(word));
  reader.read<std::optional<std::string>>({"torch", "hip"}, build.hip, kText, nullable(word));
  reader.read<std::optional<std::string>>({"torch", "git_version"}, build.commit, kText, nullable(word));
}

std::optional<std::string> recipe_name(const Json& json) {
  auto name = json_string(json);
  return is_recipe_name(name) ? std::optional(std::move(name)) : std::nullopt;
}

std::optional<std::vector<std::string>> smoke(const Json& json) {
  return json.is_null() ? std::vector<std::string>() : words(json);
}

std::optional<std::string> driver(const Json& json) {
  return json.is_null() ? std::string() : word(json);
}

void read_all(Reader& reader, const Json& json, Verification& record) {
  constexpr std::string_view kDigest = "a digest such as \"sha256:…\"";
  constexpr std::string_view kWords = "a list of texts";
  reader.read<std::string>({"recipe"}, record.recipe, "a recipe's name", recipe_name);
  reader.read<Digest>({"lock"}, record.lock, kDigest, digest);
  reader.read<Digest>({"image", "id"}, record.image_id, kDigest, digest);
  reader.read<std::optional<Digest>>({"image", "digest"}, record.image_digest, kDigest, nullable(digest));
  reader.read<specs::Platform>({"image", "platform"}, record.platform, "a platform",
                               [](const Json& value) -> std::optional<specs::Platform> {
                                 const auto platform = specs::Platform::parse(json_string(value));
                                 return platform ? std::optional(*platform) : std::nullopt;
                               });
  read_torch(reader, json, record.torch);
  reader.read<std::vector<std::string>>({"smoke"}, record.smoke, kWords, smoke);
  reader.read<std::size_t>({"names"}, record.names, "a number", json_integer<std::size_t, Json>);
  reader.read<std::vector<std::string>>({"gpus"}, record.gpus, kWords, words);
  reader.read<std::string>({"driver"}, record.driver, "text, or null", driver);
  reader.read<std::string>({"engine"}, record.engine, "text", word);
  reader.read<std::string>({"time"}, record.time, "a time such as \"2026-11-24T05:55:12Z\"", time);
}

}  // namespace

bool Verification::has_image(const Digest& id, const std::optional<Digest>& digest) const {
  return id == image_id || id == image_digest || (digest && digest == image_digest);
}

std::string Verification::machine() const {
  if (gpus.empty()) return {};
  std::map<std::string, std::size_t> counts;
  for (const auto& gpu : gpus) ++counts[gpu];
  std::vector<std::string> kinds;
  kinds.reserve(counts.size());
  for (const auto& [name, count] : counts)
    kinds.push_back(count == 1 ? name : fmt::format("{} × {}", count, name));
  return fmt::format("{}, driver {}", join_words(kinds), driver.empty() ? "unknown" : driver);
}

std::string Verification::text() const {
  return fmt::format("verified on {} {}", time.substr(0, kDayLength),
                     gpus.empty() ? "without a GPU" : "with " + machine());
}

std::string write_verification(const Verification& verification) {
  const auto& v = verification;
  const Json json = {{"schema", kSchema},
                     {"recipe", v.recipe},
                     {"lock", v.lock.text()},
                     {"image",
                      {{"id", v.image_id.text()},
                       {"digest", v.image_digest ? Json(v.image_digest->text()) : Json(nullptr)},
                       {"platform", v.platform.text()}}},
                     {"torch", torch_json(v.torch)},
                     {"smoke", v.smoke.empty() ? Json(nullptr) : Json(v.smoke)},
                     {"names", v.names},
                     {"gpus", v.gpus},
                     {"driver", v.driver.empty() ? Json(nullptr) : Json(v.driver)},
                     {"engine", v.engine},
                     {"time", v.time}};
  return json_text(json, 2) + "\n";
}

Result<Verification> parse_verification(std::string_view text, std::string_view file) {
  const auto json = parse_json<Json>(text);
  if (!json.is_object()) return fail(input_error(fmt::format("{} is not a JSON document", file)));
  const auto schema = json_integer<int>(json_at(json, {"schema"}));
  if (schema != kSchema) {
    return fail(input_error(fmt::format("{}: expected schema {}, found {}", file, kSchema,
                                        json_text(json_at(json, {"schema"})))));
  }
  Verification record;
  Reader reader(json, file);
  read_all(reader, json, record);
  if (reader.error()) return fail(*std::move(reader.error()));
  return record;
}

std::optional<fs::path> verification_place(const fs::path& lock) {
  const auto name = name_of_lock(lock);
  if (!name) return std::nullopt;
  return lock.parent_path() / (*name + ".verified.json");
}

std::optional<Verification> if_of_lock(Result<Verification> record, const Digest& digest,
                                       Reporter& reporter) {
  if (!record) {
    reporter.warn(fmt::format("{}; the lock counts as not verified", record.error().message()));
    return std::nullopt;
  }
  return record->lock == digest ? std::optional(*std::move(record)) : std::nullopt;
}

std::optional<Verification> verification_of(const Project& project, const fs::path& lock,
                                            const Digest& digest, Reporter& reporter) {
  const auto place = verification_place(lock);
  std::error_code ignored;
  if (!place || !fs::exists(*place, ignored)) return std::nullopt;
  const auto read = [&]() -> Result<Verification> {
    if (!fs::is_regular_file(*place, ignored))
      return fail(input_error(fmt::format("{} is not a file", project.shown(*place))));
    TRY_ASSIGN(const auto text, read_file(*place, kMostRecord));
    return parse_verification(text, project.shown(*place));
  };
  return if_of_lock(read(), digest, reporter);
}

std::optional<Verification> verification_for(const Project& project, const Recipe& recipe,
                                             const fs::path& lock, const Digest& digest, Reporter& reporter) {
  auto record = verification_of(project, lock, digest, reporter);
  if (!record || record->smoke == recipe.verify.smoke) return record;
  reporter.note(fmt::format("{} was {}, with a smoke test other than the recipe's current one",
                            project.shown(lock), record->text()));
  return std::nullopt;
}

Result<void> save_verification(Disk& disk, const fs::path& lock, const Verification& verification) {
  return write_file(disk, verification_place(lock).value(), write_verification(verification));
}

Result<void> remove_verification(Disk& disk, const fs::path& lock) {
  const auto place = verification_place(lock);
  const int failed = place ? disk.remove(*place) : 0;
  if (failed != 0 && failed != ENOENT) return fail(io_error("remove", *place, failed));
  return {};
}

}  // namespace launch::project
