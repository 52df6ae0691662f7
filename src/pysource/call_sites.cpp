#include "pysource/call_sites.hpp"

namespace launch::pysource {

std::uint32_t hash_of_name(std::string_view name) {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

}  // namespace launch::pysource
