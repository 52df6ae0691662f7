#include "image/secret_files.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/text.hpp"
#include "specs/ignore_patterns.hpp"

namespace launch::image {

struct SecretKind {
  specs::IgnorePatterns names;          ///< in lower case
  std::vector<std::string_view> texts;  ///< none: whatever they contain
  bool (*contains)(std::string_view) = nullptr;
};

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

/// A line that gives a variable a secret: `export API_TOKEN=abc`, but not `export API_TOKEN=$(pass token)`.
bool has_secret_variable(std::string_view text) {
  constexpr std::string_view kWords[] = {"TOKEN", "SECRET", "PASSWORD", "PASSWD", "API_KEY", "ACCESS_KEY"};
  const auto all = lines(text);
  return std::any_of(all.begin(), all.end(), [&](std::string_view line) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || trim(line).starts_with('#')) return false;
    auto value = trim(line.substr(equals + 1));
    while (value.starts_with('"') || value.starts_with('\'')) value.remove_prefix(1);
    if (value.empty() || value.starts_with('$') || value.starts_with('`')) return false;
    const auto name = line.substr(0, equals);
    return std::any_of(std::begin(kWords), std::end(kWords),
                       [&](std::string_view word) { return name.find(word) != std::string_view::npos; });
  });
}

/// A private key in PEM or OpenSSH's format, or the key of a service account, whatever the file's name.
bool is_key(std::string_view text) {
  const auto first = trim(text.substr(0, text.find('\n')));
  if (first.starts_with("-----BEGIN ") && first.ends_with("PRIVATE KEY-----")) return true;
  return trim(text).starts_with('{') && text.find("\"service_account\"") != std::string_view::npos &&
         text.find("\"private_key\"") != std::string_view::npos;
}

/// Larger files are no keys.
constexpr std::uint64_t kMostKey = std::uint64_t{64} << 10;
/// Bytes of a file that are looked at because of its name.
constexpr std::uint64_t kMostLooked = std::uint64_t{8} << 20;

specs::IgnorePatterns names(std::vector<std::string> patterns) {
  return specs::IgnorePatterns::parse(patterns).value();
}

/// Files of these names, compared without case, are secrets if they contain one of the texts. A change here
/// is a new format of what is known of files (store/known_files.cpp).
const std::vector<SecretKind>& kinds() {
  static const std::vector<SecretKind> all = {
      {names({"**/.env", "**/.env.*", "**/*.env", "!**/.env.example", "!**/.env.sample", "!**/.env.template",
              "!**/.env.dist", "!**/.env.defaults", "!**/example.env", "!**/sample.env", "!**/template.env"}),
       {}},
      {names({"**/.envrc"}), {}, has_secret_variable},
      {names({"**/id_rsa", "**/id_dsa", "**/id_ecdsa", "**/id_ecdsa_sk", "**/id_ed25519", "**/id_ed25519_sk",
              "**/*.ppk", "**/*.p12", "**/*.pfx", "**/.ssh/**", "!**/*.pub", "!**/.ssh/config",
              "!**/.ssh/known_hosts", "!**/.ssh/authorized_keys"}),
       {}},
      {names({"**/.netrc", "**/_netrc", "**/.pypirc", "**/.pgpass", "**/.git-credentials",
              "**/.aws/credentials", "**/.docker/config.json", "**/kubeconfig", "**/.kube/config",
              "**/kaggle.json", "**/gcloud/application_default_credentials.json", "**/gh/hosts.yml",
              "**/.vault-token", "**/.streamlit/secrets.toml", "**/.s3cfg", "**/.boto", "**/rclone.conf",
              "**/.my.cnf"}),
       {}},
      {names({"**/.huggingface/token", "**/huggingface/token", "**/.huggingface/stored_tokens",
              "**/huggingface/stored_tokens"}),
       {}},
      {names({"**/*.pem", "**/*.key"}), {"PRIVATE KEY-----"}},
      {names({"**/.npmrc"}), {}, has_npm_secret},
      {names({"**/*credentials*.json", "**/service-account*.json", "**/service_account*.json",
              "**/client_secret*.json", "**/token.json", "**/tokens.json"}),
       {"\"private_key\"", "\"client_secret\"", "\"refresh_token\""}},
      {names({"**/pip.conf", "**/pip.ini", "**/uv.toml", "**/launch.toml"}), {}, has_url_password},
  };
  return all;
}

}  // namespace

SecretTest::SecretTest(std::string_view path, std::uint64_t size)
    : may_be_key_(size > 0 && size <= kMostKey) {
  const auto name = to_lower(path);
  for (const auto& kind : kinds()) {
    if (!kind.names.match_exactly(name)) continue;
    by_name_ = by_name_ || (kind.texts.empty() && kind.contains == nullptr);
    named_.push_back(&kind);
  }
  if (may_be_key_ || !named_.empty()) wanted_ = std::min(size, kMostLooked);
}

bool SecretTest::of(std::string_view start) const {
  if (by_name_) return true;
  const auto text = start.substr(0, wanted_);
  if (may_be_key_ && is_key(text)) return true;
  return std::any_of(named_.begin(), named_.end(), [&](const SecretKind* kind) {
    const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
    return (kind->contains != nullptr && kind->contains(text)) ||
           std::any_of(kind->texts.begin(), kind->texts.end(), has);
  });
}

}  // namespace launch::image
