#!/bin/sh
# Makes the sound files of test_audio.c anew with sox and ffmpeg: 0.2 s of a 440 Hz tone of
# amplitude one half. The encoders' versions show in the lossy ones; the tests allow for that.
set -eu
cd "$(dirname "$0")"

sox -R -D -n -r 16000 -b 16 -c 1 tone.wav synth 0.2 sine 440 vol 0.5
sox -R -D -n -r 48000 -b 24 -c 2 stereo.flac synth 0.05 sine 440 sine 440 vol 0.5
sox -R -D tone.wav tone.flac
sox -R -D tone.wav tone.sph
sox -R -D tone.wav tone.aiff
sox -R -D tone.wav tone.au
sox -R -D tone.wav tone.caf
sox -R -D tone.wav -e u-law ulaw.wav
sox -R -D tone.wav -e ima-adpcm adpcm.wav
tail -c 6400 tone.wav | sox -R -D -t raw -r 16000 -b 16 -e signed -c 1 - -t wav - | cat >pipe_sox.wav

encode() {
    ffmpeg -nostdin -loglevel error -y -i tone.wav -bitexact -map_metadata -1 "$@"
}
encode -c:a libvorbis -q:a 3 vorbis.ogg
encode -c:a libopus -b:a 32k opus.ogg
encode -c:a libmp3lame -b:a 64k tone.mp3
encode -c:a libmp3lame -b:a 64k -write_xing 0 -id3v2_version 0 bare.mp3
encode -c:a libopus -b:a 32k tone.webm
encode -c:a aac -b:a 32k tone.m4a
encode -c:a aac -b:a 32k tone.aac
encode -f wav - | cat >pipe_ffmpeg.wav
encode -f flac - | cat >pipe_ffmpeg.flac
