#include "commands/page.hpp"

#include "base/file.hpp"

namespace launch::commands {

Result<void> write_page(const std::string& file, const std::string& html, const Context& context) {
  return write_file(context.disk, context.folder / file, html);
}

}  // namespace launch::commands
