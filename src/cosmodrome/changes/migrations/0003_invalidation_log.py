from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("engine", "0002_droppings")]

    operations = [migrations.RenameModel("Droppings", "InvalidationLog")]
