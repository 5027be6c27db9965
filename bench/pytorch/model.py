#!/usr/bin/env python3
"""The trainer's model in PyTorch, as fast as PyTorch can be made here: steps on request, for compare.py.

    model.py step|layer [--width ...]

`step` is a whole training step (forward, backward, clipping, AdamW), `layer` the forward and backward pass of one mHC connection
around nothing. After some steps to warm up it writes "ready". Then, for every number on standard input, it does that many and
writes their times in milliseconds as a JSON list. What is written differently for `--compile` was the faster of several ways.
"""

import argparse
import contextlib
import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional

VOCABULARY = 256
WARM_UP = 4
ITERATIONS = 20
EPSILON = 1e-6


def streams_last(logits):
    """[tokens, n, n] as [n, n, tokens]: tokens side by side are what vector instructions take."""
    n = logits.shape[-1]
    return logits.reshape(-1, n * n).t().contiguous().view(n, n, -1)


def tokens_first(matrices, shape):
    return matrices.view(shape[-1] ** 2, -1).t().contiguous().view(shape)


def sinkhorn(logits):
    """P eq. 9, for the compiler, which finds the backward pass."""
    matrices = streams_last(logits).exp()
    for _ in range(ITERATIONS):
        matrices = matrices / matrices.sum(0, keepdim=True)
        matrices = matrices / matrices.sum(1, keepdim=True)
    return tokens_first(matrices, logits.shape)


class Sinkhorn(torch.autograd.Function):
    """The same with a backward pass by hand: a fifth of the operations of autograd's."""

    @staticmethod
    def forward(ctx, logits):
        matrices, kept = streams_last(logits).exp_(), []
        for k in range(2 * ITERATIONS):
            scale = matrices.sum(k & 1, keepdim=True).reciprocal_()
            matrices = matrices * scale
            kept += [matrices, scale]
        ctx.save_for_backward(logits, *kept)
        return tokens_first(matrices, logits.shape)

    @staticmethod
    def backward(ctx, upstream):
        logits, *kept = ctx.saved_tensors
        gradient = streams_last(upstream)
        for k in reversed(range(2 * ITERATIONS)):
            matrices, scale = kept[2 * k : 2 * k + 2]
            gradient = (gradient - (gradient * matrices).sum(k & 1, keepdim=True)) * scale
        return tokens_first(gradient * streams_last(logits).exp_(), logits.shape)


def read(pre, x):
    return (pre.unsqueeze(-1) * x).sum(-2)


def write(res, post, x, y):
    return torch.matmul(res, x) + post.unsqueeze(-1) * y.unsqueeze(-2)


def read_unrolled(pre, x):
    weights, streams = pre.unsqueeze(-1).unbind(-2), x.unbind(-2)
    h = weights[0] * streams[0]
    for weight, stream in zip(weights[1:], streams[1:]):
        h = torch.addcmul(h, weight, stream)
    return h


def write_unrolled(res, post, x, y):
    streams, outputs = x.unbind(-2), []
    for row, gate in zip(res.unbind(-2), post.unsqueeze(-1).unbind(-2)):
        output = gate * y
        for weight, stream in zip(row.unsqueeze(-1).unbind(-2), streams):
            output = torch.addcmul(output, weight, stream)
        outputs.append(output)
    return torch.stack(outputs, -2)


def without_autocast():
    return torch.autocast("cpu", enabled=False)


class Connection(nn.Module):
    """mHC around one sublayer: P eq. 3, 7 and 8. Coefficients are float32, the streams what they come as."""

    def __init__(self, n, width, compiled):
        super().__init__()
        self.n = n
        self.sinkhorn, self.read, self.write = (sinkhorn, read_unrolled, write_unrolled) if compiled else (Sinkhorn.apply, read, write)
        self.phi = nn.Parameter(torch.randn(n * width, n * n + 2 * n) * 0.02)
        self.alpha = nn.Parameter(torch.full((3,), 0.01))
        self.pre = nn.Parameter(torch.full((n,), -math.log(n - 1)))
        self.post = nn.Parameter(torch.zeros(n))
        self.res = nn.Parameter(5.0 * torch.eye(n))

    def coefficients(self, x):
        n, flat = self.n, x.flatten(-2).float()
        # By vector_norm: in eager mode there is no square of all streams then.
        scale = torch.rsqrt(torch.linalg.vector_norm(flat, dim=-1, keepdim=True).square() / flat.shape[-1] + EPSILON)
        pre, post, res = ((flat @ self.phi) * scale).split([n, n, n * n], -1)
        pre = torch.sigmoid(self.alpha[0] * pre + self.pre)
        post = 2 * torch.sigmoid(self.alpha[1] * post + self.post)
        res = self.sinkhorn(self.alpha[2] * res.unflatten(-1, (n, n)) + self.res)
        return pre.to(x.dtype), post.to(x.dtype), res.to(x.dtype)

    def forward(self, x, sublayer):
        with without_autocast():
            pre, post, res = self.coefficients(x)
            h = self.read(pre, x)
        y = sublayer(h)
        with without_autocast():
            return self.write(res, post, x, y.to(x.dtype))


class Residual(nn.Module):
    def forward(self, x, sublayer):
        return x + sublayer(x)


class Attention(nn.Module):
    def __init__(self, width, heads, widened):
        super().__init__()
        self.heads, self.widened = heads, widened
        self.norm = nn.RMSNorm(width, eps=EPSILON)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x, cos, sin):
        batch, context, width = x.shape
        q, k, v = self.qkv(self.norm(x)).view(batch, context, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = rotated(q, cos, sin), rotated(k, cos, sin)
        if self.widened:  # without MKL, attention in bfloat16 takes several times as long
            with without_autocast():
                o = functional.scaled_dot_product_attention(q.float(), k.float(), v.float(), is_causal=True).to(q.dtype)
        else:
            o = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(o.transpose(1, 2).reshape(batch, context, width))


def rotated(x, cos, sin):
    a, b = x.chunk(2, -1)
    cos, sin = cos.to(x.dtype), sin.to(x.dtype)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        hidden = (8 * width // 3 + 63) // 64 * 64
        self.norm = nn.RMSNorm(width, eps=EPSILON)
        self.gate_up = nn.Linear(width, 2 * hidden, bias=False)
        self.out = nn.Linear(hidden, width, bias=False)

    def forward(self, x):
        gate, up = self.gate_up(self.norm(x)).chunk(2, -1)
        return self.out(functional.silu(gate) * up)


class Transformer(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.streams, self.half_streams = o.streams if o.residual == "mhc" else None, o.residual == "mhc" and o.precision == "BFloat16"
        self.embedding = nn.Embedding(VOCABULARY, o.width)
        self.attention = nn.ModuleList(Attention(o.width, o.heads, o.precision == "BFloat16") for _ in range(o.layers))
        self.feed_forward = nn.ModuleList(FeedForward(o.width) for _ in range(o.layers))
        self.connections = nn.ModuleList(Connection(o.streams, o.width, o.compile) if self.streams else Residual() for _ in range(2 * o.layers))
        self.norm = nn.RMSNorm(o.width, eps=EPSILON)
        self.head = nn.Linear(o.width, VOCABULARY, bias=False)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.02)
        size = o.width // o.heads
        angles = torch.outer(torch.arange(o.context).float(), 10000.0 ** (-torch.arange(0, size, 2).float() / size))
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def forward(self, tokens, targets):
        x = self.embedding(tokens)
        if self.half_streams:
            x = x.bfloat16()
        if self.streams:
            x = x.unsqueeze(-2).expand(-1, -1, self.streams, -1).contiguous()
        for k, (attention, feed_forward) in enumerate(zip(self.attention, self.feed_forward)):
            x = self.connections[2 * k](x, lambda h: attention(h, self.cos, self.sin))
            x = self.connections[2 * k + 1](x, feed_forward)
        if self.streams:
            x = x.sum(-2)
        logits = self.head(self.norm(x))
        return functional.cross_entropy(logits.flatten(0, 1).float(), targets.flatten())


def training_step(o):
    model = Transformer(o)
    forward = torch.compile(model) if o.compile else model
    weights = [p for name, p in model.named_parameters() if p.dim() > 1 and not name.startswith("connections")]
    chosen = set(map(id, weights))
    others = [p for p in model.parameters() if id(p) not in chosen]
    groups = [{"params": weights, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=3e-4, betas=(0.9, 0.95), fused=True)

    def step():
        tokens = torch.randint(0, VOCABULARY, (o.batch, o.context + 1))
        with torch.autocast("cpu", torch.bfloat16) if o.precision == "BFloat16" else contextlib.nullcontext():
            loss = forward(tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    return step


def layer(o):
    connection = Connection(o.streams, o.width, o.compile)
    x = torch.randn(1, o.batch * o.context, o.streams, o.width, requires_grad=True)
    upstream = torch.randn_like(x)

    def pass_through(streams):
        return connection(streams, lambda h: h)

    forward = torch.compile(pass_through, dynamic=False) if o.compile else pass_through

    def step():
        for tensor in (x, *connection.parameters()):
            tensor.grad = None
        forward(x).backward(upstream)

    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["step", "layer"])
    parser.add_argument("--residual", choices=["standard", "mhc"], default="mhc")
    parser.add_argument("--precision", choices=["Float32", "BFloat16"], default="Float32")
    parser.add_argument("--compile", action="store_true")
    for name, value in {"layers": 6, "width": 512, "heads": 8, "context": 512, "batch": 4, "streams": 4, "threads": 2}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    o = parser.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(0)
    step = training_step(o) if o.what == "step" else layer(o)
    for _ in range(WARM_UP):
        step()
    print("ready", flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            step()
            times.append((time.perf_counter() - start) * 1e3)
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
