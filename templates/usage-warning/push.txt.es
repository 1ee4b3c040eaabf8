---
title: "Te quedan {{ match.left | gigabytes }} de datos"
link: https://www.example.com/data
---
Has usado el {{ match.share | percent }} de los datos de este mes. Toca para ver en qué se van o para añadir más.
