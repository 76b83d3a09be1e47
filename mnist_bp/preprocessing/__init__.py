"""Pictures and strokes from outside, prepared as the images of the data set were that a network was trained on."""
