Larkline: tu factura {{ payment_failed.invoice_id }} sigue pendiente. Si la pagas en 48 horas, tu servicio sigue activo: https://www.example.com/billing - ¿Te hace falta tiempo? Habla con nosotros.
