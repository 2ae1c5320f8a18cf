/// What checks by an XSD may cost beyond a step for each node: found when the type comes, charged for each document.
///
/// Made by `XSDSurvey`. libxml2 cannot be stopped by a count, so what a validation may take is charged before, by the numbers of what it looks at
/// (`XSDLoad`).
struct XSDComplexity: Sendable {
    /// Some pattern goes over a text again and again before it gives up: by the square of its length.
    var hasRematching = false
    /// `unique`, `key` or `keyref`: nodes are compared with each other.
    var hasIdentityConstraints = false
    /// Values of the longest enumeration, and their bytes: a text is compared with one after the other, and a fault's message names them all.
    var enumerationCount = 0
    var enumerationByteCount = 0

    /// Setting up a check.
    private static let stepsOfCheck = 256
    private static let stepsPerNode = 48

    /// Of one validation. A node costs the content model's step and a comparison with a share of the longest enumeration; texts by their bytes.
    /// With identity constraints the nodes count squared: keys are compared with each other.
    func steps(of load: XSDLoad) -> Int {
        var steps = Self.stepsOfCheck + load.nodeCount * (Self.stepsPerNode + enumerationCount / 8) + load.textByteCount
        if hasRematching { steps += load.rematchingCount / 4 }
        if hasIdentityConstraints { steps += load.nodeCount * load.nodeCount / 32 }
        return steps
    }

    /// Of each violation: its message is made by libxml2 before anybody can say that it is not wanted.
    var stepsOfFault: Int { 64 + enumerationCount * enumerationByteCount / 64 }
}
