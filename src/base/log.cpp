#include "base/log.hpp"

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include "base/text.hpp"

namespace launch {

void log_start(LogLevel level, bool colour, bool over_progress) {
  auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(colour ? spdlog::color_mode::always
                                                                               : spdlog::color_mode::never);
  auto logger = std::make_shared<spdlog::logger>("launch", std::move(sink));
  logger->set_pattern(over_progress ? "\r\x1b[K%^%v%$" : "%^%v%$");
  switch (level) {
    case LogLevel::debug:
      logger->set_level(spdlog::level::debug);
      break;
    case LogLevel::info:
      logger->set_level(spdlog::level::info);
      break;
    case LogLevel::warning:
      logger->set_level(spdlog::level::warn);
      break;
    case LogLevel::quiet:
      logger->set_level(spdlog::level::off);
      break;
  }
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

void log_line(LogLevel level, std::string_view message) {
  const auto text = printable_message(message);
  switch (level) {
    case LogLevel::debug:
      spdlog::debug("debug: {}", text);
      break;
    case LogLevel::info:
      spdlog::info("{}", text);
      break;
    case LogLevel::warning:
      spdlog::warn("warning: {}", text);
      break;
    case LogLevel::quiet:
      break;
  }
}

}  // namespace launch
