# The daemon with its shipped models: docker build -t spikeloom . && docker run -p 8080:8080 spikeloom

FROM debian:bookworm-slim AS build
WORKDIR /source
COPY deploy/packages.sh deploy/
RUN . deploy/packages.sh && packages_install $packages_daemon
COPY . .
RUN cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
        -DSPIKELOOM_TRAINER=OFF \
    && cmake --build build -j "$(nproc)" \
    && DESTDIR=/install cmake --install build --strip

FROM debian:bookworm-slim
COPY deploy/packages.sh /tmp/
RUN . /tmp/packages.sh && packages_install $packages_runtime \
    && rm -rf /tmp/packages.sh /var/lib/apt/lists/*
COPY --from=build /install/ /
ENV SPIKELOOM_HOST=0.0.0.0 SPIKELOOM_MODEL_REPOSITORY=/usr/share/spikeloom/models
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK CMD ["/usr/bin/spikeloomd", "--healthcheck"]
ENTRYPOINT ["/usr/bin/spikeloomd"]
