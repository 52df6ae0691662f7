#include "cli/version_options.hpp"

#include <fmt/format.h>

#include "cli/option_values.hpp"
#include "pytorch/channel.hpp"

namespace launch::cli {

void add_version_options(Command& command, VersionOptions& options) {
  command
      .option("--package", &options.package,
              "Check the versions of this package (default: that of the names, or torch for code)")
      .value_name("NAME");
  command.option("--from", &options.from, "Check this version and later ones, or nightlies from this day on")
      .value_name("VERSION");
  command.option("--to", &options.to, "Check versions up to this one, or nightlies up to this day")
      .value_name("VERSION");
  command.option("--last", &options.last, "Check only the newest N versions").value_name("N");
  command.option("--channel", &options.channel, "Take the versions from this channel (default: index)")
      .value_name("NAME")
      .one_of(pytorch::channel_names());
  command
      .option("--cuda", &options.cuda,
              "Take that channel's builds for this accelerator, such as cu128 or cpu")
      .value_name("NAME");
  command
      .option("--python", &options.python,
              "Take the wheels for this Python (default: for each version, the newest with a wheel)")
      .value_name("3.N");
  add_exclude_option(command, options.exclude);
}

Result<probe::ReleaseQuery> release_query(const std::string& channel, const std::string& cuda,
                                          const std::string& python) {
  probe::ReleaseQuery query;
  if (!channel.empty()) query.channel = pytorch::channel_of(channel).value();
  if (query.channel != pytorch::Channel::index && cuda.empty()) {
    return fail(input_error(fmt::format("--channel {} needs --cuda: the channel has an index for each build",
                                        channel))
                    .hint("add --cuda cu128 or --cuda cpu"));
  }
  if (!cuda.empty()) {
    TRY_ASSIGN(query.cuda, during(specs::Accelerator::parse(cuda), "reading --cuda"));
  }
  if (!python.empty()) {
    TRY_ASSIGN(query.python, during(specs::Interpreter::parse(python), "reading --python"));
  }
  return query;
}

Result<probe::VersionQuery> version_query(const VersionOptions& options) {
  probe::VersionQuery query{.from = options.from, .to = options.to};
  TRY_ASSIGN(query.of, release_query(options.channel, options.cuda, options.python));
  query.of.package = options.package;
  TRY_ASSIGN(const auto last, at_least(1, options.last, "--last"));
  if (last) query.last = static_cast<std::size_t>(*last);
  return query;
}

}  // namespace launch::cli
