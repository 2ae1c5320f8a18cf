package import Documents

/// What starts a machine by itself: a member of `on`.
package enum StartRule: Sendable, Equatable {
    /// The event is the input. `condition` is an expression over the event; nil takes all of the topic.
    case topic(String, condition: String?)
    /// By the clocks of a zone of tzdata.
    case schedule(CronExpression, timeZone: String)
}

/// What a definition names that lies outside of it.
package struct DefinitionSurroundings: Sendable {
    /// The rules of a time zone; nil when there is none of that name.
    package let zone: @Sendable (String) -> ZoneRules?
    /// What is wrong with an expression over an event; nil when nothing is.
    package let conditionFault: @Sendable (String) -> String?
    /// Who there is to do tasks.
    package let tasks: TaskVocabulary

    package init(
        zone: @escaping @Sendable (String) -> ZoneRules? = { ZoneRules.named($0) }, conditionFault: @escaping @Sendable (String) -> String? = { _ in nil },
        tasks: TaskVocabulary = .any
    ) {
        (self.zone, self.conditionFault, self.tasks) = (zone, conditionFault, tasks)
    }
}

/// Reads `on`.
///
/// `{"schedule", "time_zone"}` or `{"topic", "where"}`; without a zone it is UTC.
struct StartReader {
    static let countMax = 100
    let surroundings: DefinitionSurroundings

    func rules(_ object: ObjectReader) -> [StartRule] {
        let elements = object.array("on") ?? []
        if elements.count > Self.countMax { object.add(.tooLarge, "on", "on has more than \(Self.countMax) members") }
        return elements.prefix(Self.countMax).enumerated().compactMap { index, element in
            guard let reader = ObjectReader(element, at: "\(object.place("on"))/\(index)", object.faults) else { return nil }
            defer { reader.finish("a start") }
            if reader.has("schedule") { return schedule(reader) }
            guard let topic = reader.text("topic", isRequired: true) else { return nil }
            let condition = reader.isNull("where") ? nil : reader.text("where")
            if let condition, let fault = surroundings.conditionFault(condition) { reader.add(.badExpression, "where", fault) }
            return .topic(topic, condition: condition)
        }
    }

    private func schedule(_ reader: ObjectReader) -> StartRule? {
        let zone = reader.isNull("time_zone") ? "UTC" : reader.text("time_zone") ?? "UTC"
        if surroundings.zone(zone) == nil { reader.add(.badValue, "time_zone", "there is no time zone \(zone)") }
        guard let text = reader.text("schedule") else { return nil }
        do throws(ExpressionFault) {
            return .schedule(try CronExpression(text), timeZone: zone)
        } catch {
            reader.add(.badExpression, "schedule", "at byte \(error.offset): \(error.message)")
            return nil
        }
    }
}
