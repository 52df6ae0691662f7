#include "store/pushed.hpp"

#include "base/text.hpp"
#include "store/derived.hpp"

namespace launch::store {
namespace {

constexpr std::size_t kMost = 3;

std::string name_of(std::string_view registry) {
  return "pushed-" + Digest::of(registry).hex();
}

}  // namespace

std::vector<std::string> repositories_with(const Store& store, const Digest& blob,
                                           std::string_view registry) {
  const auto text = derived(store, blob, name_of(registry)).value_or("");
  std::vector<std::string> repositories;
  for (const auto line : lines(text)) {
    if (!line.empty()) repositories.emplace_back(line);
  }
  return repositories;
}

void note_repository(const Store& store, const Digest& blob, std::string_view registry,
                     std::string_view repository, Disk& disk) {
  auto repositories = repositories_with(store, blob, registry);
  if (!repositories.empty() && repositories.front() == repository) return;
  std::erase(repositories, repository);
  repositories.insert(repositories.begin(), std::string(repository));
  if (repositories.size() > kMost) repositories.resize(kMost);
  keep_derived(store, blob, name_of(registry), join(repositories, "\n") + "\n", disk);
}

}  // namespace launch::store
