# The daemon with its shipped models: docker build -t spikeloom . && docker run -p 8080:8080 spikeloom
# With --build-arg TRAINER=ON the image holds spikeloom-train too.

# Dated, so that a build of today and one of next month start from the same; deploy/README.md says how
# to move it, or to name it by its digest.
ARG BASE=debian:bookworm-20250520-slim

FROM ${BASE} AS build
LABEL spikeloom.stage=build
ARG TRAINER=OFF
WORKDIR /source
COPY deploy/packages.sh deploy/
RUN . deploy/packages.sh \
    && if [ "$TRAINER" = ON ]; then packages_install $packages_build; \
        else packages_install $packages_daemon; fi
COPY . .
RUN cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
        -DSPIKELOOM_TRAINER="$TRAINER" -DSPIKELOOM_DEFAULT_REPOSITORY=/usr/share/spikeloom/models \
    && cmake --build build -j "$(nproc)" \
    && DESTDIR=/install cmake --install build --strip --component daemon \
    && if [ "$TRAINER" = ON ]; then \
        DESTDIR=/install cmake --install build --strip --component trainer; fi

FROM ${BASE}
ARG BASE
ARG TRAINER=OFF
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="spikeloom" \
      org.opencontainers.image.description="Turns spoken digits into pictures through spiking networks, over HTTP" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE}"
COPY deploy/packages.sh /tmp/
RUN . /tmp/packages.sh && packages_install $packages_runtime \
    && if [ "$TRAINER" = ON ]; then packages_install $packages_trainer_runtime; fi \
    && rm -rf /tmp/packages.sh /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/*.log
COPY --from=build /install/ /
# a volume mounted over this folder replaces the models
ENV SPIKELOOM_HOST=0.0.0.0 SPIKELOOM_MODEL_REPOSITORY=/usr/share/spikeloom/models
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
    CMD ["/usr/bin/spikeloomd", "--healthcheck"]
ENTRYPOINT ["/usr/bin/spikeloomd"]
