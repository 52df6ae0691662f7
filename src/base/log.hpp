#pragma once

#include <string_view>

#include <fmt/format.h>

namespace launch {

enum class LogLevel { debug, info, warning, quiet };

/// Sends the log to stderr (through spdlog): "warning: …" and, on request, "debug: …" lines; info lines have
/// no prefix. `over_progress`: stderr is a terminal that may show a progress line, which each message erases
/// first.
void log_start(LogLevel level, bool colour, bool over_progress = false);
/// Logs a message, made safe for a terminal (printable_message).
void log_line(LogLevel level, std::string_view message);

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
}
/// What is happening, for a person watching.
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace launch
