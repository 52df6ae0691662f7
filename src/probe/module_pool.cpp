#include "probe/module_pool.hpp"

#include <fmt/format.h>

namespace launch::probe {

std::string ModulePool::key_of(const std::string& file, const pysource::WantedFile& as,
                               const ContentMark& mark) {
  return fmt::format("{}\n{}\n{}{}\n{:08x} {}", file, as.module, as.is_package ? 'p' : '-',
                     as.is_stub ? 's' : '-', mark.crc32, mark.size);
}

ModulePool::Names ModulePool::find(const std::string& key) const {
  const auto found = read_.find(key);
  return found == read_.end() ? nullptr : found->second;
}

void ModulePool::drop_unused() {
  std::erase_if(read_, [](const auto& entry) { return entry.second.use_count() == 1; });
}

}  // namespace launch::probe
