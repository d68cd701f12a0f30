// Files that are dropped on a part of the page or chosen by its button.

export function takeFiles(area, input, take) {
  input.addEventListener('change', () => {
    if (input.files[0]) take(input.files[0])
    input.value = ''
  })
  area.addEventListener('dragover', event => {
    event.preventDefault()
    area.classList.add('dropping')
  })
  area.addEventListener('dragleave', event => {
    if (!area.contains(event.relatedTarget)) area.classList.remove('dropping')
  })
  area.addEventListener('drop', event => {
    event.preventDefault()
    area.classList.remove('dropping')
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0])
  })
}
