#include "image/secret_files.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include "base/mapped_file.hpp"
#include "base/text.hpp"
#include "specs/ignore_patterns.hpp"

namespace launch::image {
namespace {

/// `https://user:password@host`, but not `https://user:${PASSWORD}@host`.
bool has_url_password(std::string_view text) {
  constexpr std::string_view kScheme = "://";
  for (auto at = text.find(kScheme); at != std::string_view::npos; at = text.find(kScheme, at + 1)) {
    auto rest = text.substr(at + kScheme.size());
    rest = rest.substr(0, rest.find_first_of("/ \t\r\n\"'"));
    const auto user = rest.substr(0, rest.find('@'));
    if (user.size() < rest.size() && user.find(':') != std::string_view::npos &&
        user.find('$') == std::string_view::npos) {
      return true;
    }
  }
  return false;
}

/// A token or password of npm's configuration, but not `_authToken=${NPM_TOKEN}`.
bool has_npm_secret(std::string_view text) {
  const auto all = lines(text);
  return std::any_of(all.begin(), all.end(), [](std::string_view line) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || trim(line.substr(equals + 1)).starts_with("${")) return false;
    const auto key = line.substr(0, equals);
    return key.find("_auth") != std::string_view::npos || key.find("_password") != std::string_view::npos;
  });
}

/// Files of these names are secrets if they contain one of the texts.
struct Kind {
  specs::IgnorePatterns names;
  std::vector<std::string_view> texts;  ///< none: whatever they contain
  bool (*contains)(std::string_view) = nullptr;
};

specs::IgnorePatterns names(std::vector<std::string> patterns) {
  return specs::IgnorePatterns::parse(patterns).value();
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {names({"**/.env", "**/.env.*", "!**/.env.example", "!**/.env.sample", "!**/.env.template",
              "!**/.env.dist", "!**/.env.defaults"}),
       {}},
      {names({"**/id_rsa", "**/id_dsa", "**/id_ecdsa", "**/id_ecdsa_sk", "**/id_ed25519", "**/id_ed25519_sk",
              "**/*.ppk", "**/*.p12", "**/*.pfx"}),
       {}},
      {names({"**/.netrc", "**/_netrc", "**/.pypirc", "**/.pgpass", "**/.git-credentials",
              "**/.aws/credentials", "**/.docker/config.json", "**/kubeconfig", "**/.kube/config",
              "**/kaggle.json", "**/gcloud/application_default_credentials.json"}),
       {}},
      {names({"**/.huggingface/token", "**/huggingface/token", "**/.huggingface/stored_tokens",
              "**/huggingface/stored_tokens"}),
       {}},
      {names({"**/*.pem", "**/*.key"}), {"PRIVATE KEY-----"}},
      {names({"**/.npmrc"}), {}, has_npm_secret},
      {names({"**/*credentials*.json", "**/service-account*.json", "**/service_account*.json",
              "**/client_secret*.json"}),
       {"\"private_key\"", "\"client_secret\"", "\"refresh_token\""}},
      {names({"**/pip.conf", "**/pip.ini", "**/uv.toml", "**/launch.toml"}), {}, has_url_password},
  };
  return all;
}

}  // namespace

Result<bool> looks_like_secret(std::string_view path, const std::filesystem::path& source) {
  for (const auto& kind : kinds()) {
    if (!kind.names.match_exactly(path)) continue;
    if (kind.texts.empty() && kind.contains == nullptr) return true;
    std::error_code ignored;
    if (std::filesystem::is_symlink(source, ignored)) continue;
    TRY_ASSIGN(const auto file, MappedFile::open(source));
    if (kind.contains != nullptr && kind.contains(file.text())) return true;
    const auto found = [&](std::string_view text) {
      return file.text().find(text) != std::string_view::npos;
    };
    if (std::any_of(kind.texts.begin(), kind.texts.end(), found)) return true;
  }
  return false;
}

}  // namespace launch::image
