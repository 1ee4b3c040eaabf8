---
title: "La red ya funciona"
link: https://www.example.com/network
---
Si la tuya no, apaga y enciende el móvil. Sentimos las molestias.
