# The C interface (include/kamaelia/dirac.h): shared and static libraries, and what `cmake --install` puts where.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(kamaelia_dirac_c OBJECT src/c_frames.cc src/c_interface.cc)
target_compile_definitions(kamaelia_dirac_c PRIVATE KAMAELIA_DIRAC_VERSION="${PROJECT_VERSION}")
target_compile_options(kamaelia_dirac_c PRIVATE -Wall -Wextra -Wshadow)
target_include_directories(kamaelia_dirac_c PRIVATE src PUBLIC include)
set_target_properties(kamaelia_dirac_c PROPERTIES POSITION_INDEPENDENT_CODE ON
  CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
target_link_libraries(kamaelia_dirac_c PRIVATE kamaelia_dirac)

add_library(kamaelia_dirac_shared SHARED $<TARGET_OBJECTS:kamaelia_dirac_c>)
set_target_properties(kamaelia_dirac_shared PROPERTIES OUTPUT_NAME kamaelia-dirac EXPORT_NAME dirac
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} LINKER_LANGUAGE CXX)
target_link_libraries(kamaelia_dirac_shared PRIVATE kamaelia_dirac)
# Visibility alone leaves what the C++ library instantiates.
if(APPLE)
  target_link_options(kamaelia_dirac_shared PRIVATE "-Wl,-exported_symbol,_kamaelia_dirac_*")
else()
  target_link_options(kamaelia_dirac_shared PRIVATE -Wl,--gc-sections
    -Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/exports.map)
  set_property(TARGET kamaelia_dirac_shared PROPERTY LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/exports.map)
endif()

# One archive with all that it needs of ours.
add_library(kamaelia_dirac_static STATIC $<TARGET_OBJECTS:kamaelia_dirac_c> $<TARGET_OBJECTS:kamaelia_dirac>
  $<TARGET_OBJECTS:kamaelia_common>)
set_target_properties(kamaelia_dirac_static PROPERTIES OUTPUT_NAME kamaelia-dirac EXPORT_NAME dirac-static
  LINKER_LANGUAGE CXX)
find_package(Threads REQUIRED)
target_link_libraries(kamaelia_dirac_static PUBLIC Threads::Threads)

foreach(library kamaelia_dirac_shared kamaelia_dirac_static)
  target_include_directories(${library} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>)
endforeach()

install(TARGETS kamaelia_dirac_shared kamaelia_dirac_static EXPORT kamaelia-dirac)
install(FILES include/kamaelia/dirac.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/kamaelia)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/kamaelia-dirac)
install(EXPORT kamaelia-dirac NAMESPACE kamaelia:: FILE kamaelia-dirac-targets.cmake DESTINATION ${package})
write_basic_package_version_file(kamaelia-dirac-config-version.cmake COMPATIBILITY SameMajorVersion)
configure_package_config_file(kamaelia-dirac-config.cmake.in kamaelia-dirac-config.cmake INSTALL_DESTINATION ${package}
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/kamaelia-dirac-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/kamaelia-dirac-config-version.cmake DESTINATION ${package})
# The prefix is where the file lies, so that the tree can be moved and `cmake --install --prefix` holds.
file(RELATIVE_PATH PREFIX_FROM_PC ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(kamaelia-dirac.pc.in kamaelia-dirac.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/kamaelia-dirac.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
