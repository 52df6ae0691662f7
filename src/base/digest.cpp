#include "base/digest.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "base/file.hpp"

namespace launch {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

namespace {
// OpenSSL fails here only if it cannot allocate or lacks SHA-256; neither can be recovered from.
void must(int ok) {
  if (ok != 1) std::abort();
}
}  // namespace

Sha256::Sha256() : state_(std::make_unique<State>()) {
  must(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr));
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
  must(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest{};
  must(EVP_DigestFinal_ex(state_->context, digest.data(), nullptr));
  std::string out;
  out.reserve(64);
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const auto byte : digest) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.hex();
}

Result<Digest> sha256_file(const std::filesystem::path& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail(io_error("read", path, errno));
  Sha256 digest;
  std::array<char, std::size_t{1} << 16> buffer;  // NOLINT(*-member-init): it is read into
  for (;;) {
    const auto got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(io_error("read", path, errno));
    if (got == 0) return digest.digest();
    digest.update({buffer.data(), static_cast<std::size_t>(got)});
  }
}

std::optional<Digest> Digest::of_hex(std::string_view hex) {
  return is_sha256_hex(hex) ? std::optional(Digest(std::string(hex))) : std::nullopt;
}

std::optional<Digest> Digest::parse(std::string_view text) {
  constexpr std::string_view kAlgorithm = "sha256:";
  return text.starts_with(kAlgorithm) ? of_hex(text.substr(kAlgorithm.size())) : std::nullopt;
}

Digest Digest::of(std::string_view content) {
  return Digest(sha256_hex(content));
}

bool is_sha256_hex(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace launch
