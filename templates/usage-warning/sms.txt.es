Larkline: has usado el {{ match.share | percent }} de tus datos y te quedan {{ match.left | gigabytes }} este mes. Si necesitas algo extra, lo tienes en https://www.example.com/data
