"use strict";
// A CT and its map of probability, drawn by niivue in the report and in the worklist.

// `style` holds the colours, the window, the lowest probability shown and the opacity of the map.
async function volumeViewer(library, canvas, style, options = {}) {
  const viewer = new library.Niivue({
    backColor: [0.05, 0.07, 0.09, 1],
    crosshairColor: [1, 1, 1, 0.8],
    crosshairWidth: 0.4,
    crosshairGap: 6,
    dragAndDropEnabled: false,
    isRadiologicalConvention: true,
    sagittalNoseLeft: true,
    logLevel: "error",
    ...options,
  });
  await viewer.attachToCanvas(canvas);
  // The first stop is transparent: it stands for probabilities below the lowest one shown.
  const stops = [style.colours[0], ...style.colours];
  const channel = (position) => stops.map((colour) => colour[position]);
  viewer.addColormap("probability", {
    R: channel(0),
    G: channel(1),
    B: channel(2),
    A: stops.map((_, stop) => (stop ? 255 : 0)),
    I: stops.map((_, stop) => (stop > 1 ? Math.round((255 * (stop - 1)) / (stops.length - 2)) : stop)),
  });

  async function add(base64, name, look) {
    viewer.addVolume(await library.NVImage.loadFromBase64({ base64, name, ...look }));
  }

  return {
    niivue: viewer,
    // Both are compressed NIfTI files in base64, on one grid.
    async show(ct, probability, { window = style.window, opacity = style.opacity } = {}) {
      while (viewer.volumes.length) viewer.removeVolume(viewer.volumes[0]);
      await add(ct, "ct.nii.gz", { colormap: "gray", cal_min: window[0], cal_max: window[1] });
      const shown = { cal_min: style.lowest_probability, cal_max: 1, opacity };
      await add(probability, "probability.nii.gz", { colormap: "probability", ...shown });
      viewer.setSliceType(viewer.sliceTypeMultiplanar);
    },
    // RAS mm, by the affine of the volume, which can be oblique.
    goTo(place) {
      viewer.scene.crosshairPos = viewer.mm2frac(place, 0, true);
      viewer.drawScene();
      viewer.createOnLocationChange();
    },
    // The function gets the Hounsfield unit and the probability at the crosshair.
    onLocation(tell) {
      viewer.onLocationChange = ({ values }) => tell(values.map((entry) => entry.value ?? 0));
    },
  };
}
