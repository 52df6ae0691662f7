#include "project/labels.hpp"

namespace launch::project {

std::optional<Digest> digest_label(const std::map<std::string, std::string>& labels,
                                   const std::string& name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::nullopt : Digest::parse(found->second);
}

}  // namespace launch::project
