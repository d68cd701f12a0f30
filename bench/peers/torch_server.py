"""
PyTorch behind FastAPI: POST /v1/reconstruct, a PNG in and the reconstruction as PNG out.

    uvicorn torch_server:app, with BENCH_CHECKPOINT and BENCH_THREADS set
"""

import io
import os

import numpy
import torch
from fastapi import FastAPI, Request, Response
from PIL import Image

import checkpoint
import timing
import torch_networks

description, tensors = checkpoint.load(os.environ["BENCH_CHECKPOINT"])
timing.use_threads(torch, int(os.environ["BENCH_THREADS"]))
plain = torch_networks.Spiking(description, tensors).eval()
with torch.inference_mode():
    network = torch.jit.trace(plain, torch.zeros(1, 784), check_trace=False)
    network = torch.jit.freeze(network.eval())
    for _ in range(5):
        network(torch.zeros(1, 784))
steps, side = description["num_steps"], 28
app = FastAPI()


@app.get("/ready")
async def ready():
    return Response()


@app.post("/v1/reconstruct")
async def reconstruct(request: Request):
    body = await request.body()
    picture = Image.open(io.BytesIO(body)).convert("L").resize((side, side))
    values = torch.from_numpy(numpy.asarray(picture, numpy.float32).reshape(1, -1) / 255)
    with torch.inference_mode():
        grey = network(values).mul_(255 / steps).add_(0.5).to(torch.uint8)
    png = io.BytesIO()
    Image.fromarray(grey.numpy().reshape(side, side)).save(png, "png", compress_level=1)
    return Response(png.getvalue(), media_type="image/png")
