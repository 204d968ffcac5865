/// What only a better estimator than the present one can do. A scenario that asks for it names it,
/// is passed over aloud until it is reached, and counts from then on.
enum Milestone: String {
  case fleetInBurst = "covers all that each member of a fleet may show, within a burst"
  case fleetAcrossBursts = "remembers the members of a fleet that it meets in different bursts"
  case rateChange = "stays honest when a clock's rate changes by more than its wander"
  case stepInBurst = "tells a step within a burst from a fleet"
  case hiddenStep = "proves both ends of its bound anew with every burst"
  case frozen = "never takes a clock that stands for one that was set"

  static let reached: Set<Milestone> = [.hiddenStep, .rateChange, .stepInBurst]

  var isReached: Bool { Self.reached.contains(self) }
}
