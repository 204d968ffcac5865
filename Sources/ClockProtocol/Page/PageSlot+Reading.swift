extension PageSlot {
  package typealias Reading = PageTimes.Reading

  /// As `PageTimes.reading`.
  package func reading(
    rawNanoseconds raw: Int64, coarseNanoseconds coarse: Int64
  ) throws(PageRefusal) -> Reading {
    try PageTimes(self).reading(rawNanoseconds: raw, coarseNanoseconds: coarse)
  }
}
