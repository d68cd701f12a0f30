// What was made last, for the views that go on with it.

export const shelf = {
  recording: null, // {blob, name}
  spoken: null, // Latent of it
  picture: null, // {blob, name}
  drawn: null // Latent of it
}
