#include "probe/module_pool.hpp"

#include <utility>

#include <fmt/format.h>

namespace launch::probe {

std::string ModulePool::key_of(const std::string& file, const pysource::WantedFile& as,
                               const ContentMark& mark) {
  return fmt::format("{}\n{}\n{}{}\n{:08x} {}", file, as.module, as.is_package ? 'p' : '-',
                     as.is_stub ? 's' : '-', mark.crc32, mark.size);
}

ModulePool::Claim ModulePool::claim(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  auto& entry = entries_[key];
  if (entry.reading) return {{}, entry.reading->future};
  if (auto names = entry.names.lock()) return {std::move(names), {}};
  entry.reading.emplace();
  return {};
}

void ModulePool::deliver(const std::string& key, Names names) {
  const std::scoped_lock lock(mutex_);
  auto& entry = entries_.at(key);
  entry.names = names;
  entry.reading->promise.set_value(std::move(names));
  entry.reading.reset();  // which would hold the names
}

void ModulePool::drop_unused() {
  const std::scoped_lock lock(mutex_);
  std::erase_if(entries_, [](const auto& each) {
    const auto& entry = each.second;
    return !entry.reading && entry.names.expired();
  });
}

}  // namespace launch::probe
