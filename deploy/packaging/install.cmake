# What `cmake --install` copies, in two components, and the Debian package that `cpack` makes of each:
# spikeloom (the daemon, its models, its systemd unit) and spikeloom-train.

set(folder ${CMAKE_SOURCE_DIR}/deploy)

# spikeloom_manual(PROGRAM SECTION): its manual page, with the options of its --help.
function(spikeloom_manual program section)
    set(page ${CMAKE_BINARY_DIR}/${program}.${section})
    add_custom_command(OUTPUT ${page}
        COMMAND sh ${CMAKE_SOURCE_DIR}/deploy/man/make.sh ${program}.${section}
            ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:${program}> > ${page}
        DEPENDS ${program} ${CMAKE_SOURCE_DIR}/deploy/man/make.sh
            ${CMAKE_SOURCE_DIR}/deploy/man/options.awk
            ${CMAKE_SOURCE_DIR}/deploy/man/${program}.${section}.mdoc
        VERBATIM)
    add_custom_target(manual_${program} ALL DEPENDS ${page})
endfunction()

spikeloom_manual(spikeloomd 8)
file(GLOB weights CONFIGURE_DEPENDS
    ${CMAKE_SOURCE_DIR}/models/weights/*.safetensors ${CMAKE_SOURCE_DIR}/models/weights/*.md)
install(TARGETS spikeloomd RUNTIME COMPONENT daemon)
install(FILES ${weights} DESTINATION ${CMAKE_INSTALL_DATADIR}/spikeloom/models COMPONENT daemon)
install(FILES LICENSE deploy/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT daemon)
if(docs_library)
    install(FILES ${docs_library}/swagger-ui-licence.txt
        DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT daemon)
endif()
install(FILES ${CMAKE_BINARY_DIR}/spikeloomd.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8 COMPONENT daemon)
# systemd looks below /usr/lib and /etc, whatever the prefix
configure_file(${folder}/systemd/spikeloom.service.in spikeloom.service @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/spikeloom.service DESTINATION lib/systemd/system COMPONENT daemon)

if(SPIKELOOM_TRAINER)
    spikeloom_manual(spikeloom-train 1)
    set(judge ${CMAKE_SOURCE_DIR}/models/judge)
    install(TARGETS spikeloom-train RUNTIME COMPONENT trainer)
    install(FILES ${judge}/mnist-judge.safetensors ${judge}/mnist-judge.md
        DESTINATION ${CMAKE_INSTALL_DATADIR}/spikeloom/judge COMPONENT trainer)
    install(FILES ${CMAKE_BINARY_DIR}/spikeloom-train.1
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT trainer)
    install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/spikeloom-train
        COMPONENT trainer)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_PACKAGE_CONTACT "The Spikeloom maintainers <maintainers@spikeloom.invalid>")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DAEMON_PACKAGE_NAME spikeloom)
set(CPACK_DEBIAN_DAEMON_PACKAGE_SECTION net)
set(CPACK_DEBIAN_DAEMON_PACKAGE_DEPENDS procps) # /bin/kill, for ExecReload
set(CPACK_DEBIAN_DAEMON_PACKAGE_CONTROL_EXTRA
    ${folder}/packaging/postinst ${folder}/packaging/prerm ${folder}/packaging/postrm)
set(CPACK_DEBIAN_TRAINER_PACKAGE_NAME spikeloom-train)
set(CPACK_DEBIAN_TRAINER_PACKAGE_SECTION science)
set(CPACK_COMPONENT_DAEMON_DESCRIPTION
"Turns posts of spoken digits into pictures of digits through spiking neural
networks; speaks a native API and the Open Inference Protocol, and tells its
metrics to Prometheus.")
set(CPACK_COMPONENT_TRAINER_DESCRIPTION
"Trains, scores and inspects the spiking networks that spikeloom serves.")
include(CPack)
