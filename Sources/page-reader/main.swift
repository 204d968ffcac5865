internal import PageReading

PageReading.run()
