import assert from "node:assert/strict";
import { test } from "node:test";
import {
  inputsOf,
  layersOf,
  networkOf,
  probabilitiesOf,
} from "../../pages/components/draw/live/inference.js";
import { golden, largestDifference, pixelsOf } from "./golden.js";

const weights = new Uint8Array(Buffer.from(golden.network.weights, "base64")).buffer;

for (const names of Object.keys(golden.drawings[0].probabilities)) {
  const network = networkOf(weights, { ...golden.network, activations: names.split(" ") });

  test(`a network of ${names} gives the probabilities that Python computes`, () => {
    for (const { name, image, probabilities } of golden.drawings) {
      if (image === null) continue;
      const layers = layersOf(network, inputsOf(pixelsOf(image), golden.form));
      const found = probabilitiesOf(layers, golden.temperature);
      assert(largestDifference(found, probabilities[names]) < 1e-5, name);
    }
  });
}

test("float16 is read as NumPy reads it", () => {
  const { bits, values } = golden.float16;
  const [layer] = networkOf(new Uint16Array([...bits, 0]).buffer, {
    ...golden.network,
    widths: [bits.length, 1],
    activations: [],
  });
  assert.deepEqual(Array.from(layer.kernel), values);
});

test("weights of another network are refused", () => {
  assert.throws(() => networkOf(weights.slice(2), golden.network), /do not fit/);
  assert.throws(() => networkOf(new ArrayBuffer(0), golden.network), /do not fit/);
});
