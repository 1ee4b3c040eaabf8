Larkline: la red ya funciona en tu zona. Si la tuya no, apaga y enciende el movil. Sentimos las molestias.
