# The general index that an unconfigured machine uses is the default of its pip, which is queried and not hard-coded.
if(NOT LAUNCH_DEFAULT_INDEX)
  find_program(PYTHON3 python3 REQUIRED)
  execute_process(
    COMMAND "${PYTHON3}" -c "from pip._internal.models.index import PyPI; print(PyPI.simple_url, end='')"
    OUTPUT_VARIABLE LAUNCH_DEFAULT_INDEX
    ERROR_VARIABLE error
    RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "pip's built-in index could not be read with ${PYTHON3}:\n${error}\n"
                        "Install pip (python3-pip), or give -DLAUNCH_DEFAULT_INDEX=https://…/simple")
  endif()
  set(LAUNCH_DEFAULT_INDEX "${LAUNCH_DEFAULT_INDEX}" CACHE STRING "General index of a machine that configures none")
endif()
