internal import ColumnStore

/// The context object (Amazon States Language, "The Context Object"): `Execution`, `StateMachine`, `State`, within an iteration `Map.Item`, of a task its
/// token. It is made anew for each evaluation, and never kept.
extension Transition {
    /// `$$`, as a frame's state sees it.
    ///
    /// - Parameter item: of an iteration that is about to begin; else the one that the frame is in.
    func context(of id: Int, token: String?, item: (index: Int, value: JSONValue)?) -> JSONValue {
        let identity = execution.identity
        var members: [JSONValue.Member] = [
            .init(
                "Execution",
                .object([
                    .init("Id", .string(identity.id)), .init("Input", execution.input), .init("Name", .string(identity.name)),
                    .init("StartTime", .string(Timestamp.text(execution.startedAt))),
                ])),
            .init("StateMachine", .object([.init("Id", .string(identity.machineID)), .init("Name", .string(identity.machineName))])),
        ]
        if let frame = execution.frames[id] {
            members.append(
                .init(
                    "State",
                    .object([
                        .init("EnteredTime", .string(Timestamp.text(frame.enteredAt))), .init("Name", .string(state(of: frame).name)),
                        .init("RetryCount", .integer(frame.retryCount)),
                    ])))
        }
        // Within an iteration alone.
        if let item = item ?? self.item(of: id) {
            members.append(.init("Map", .object([.init("Item", .object([.init("Index", .integer(item.index)), .init("Value", item.value)]))])))
        }
        if let token { members.append(.init("Task", .object([.init("Token", .string(token))]))) }
        return .object(members)
    }

    /// Of the nearest iteration that the frame is in.
    private func item(of id: Int) -> (index: Int, value: JSONValue)? {
        var next = execution.frames[id]
        while let frame = next {
            guard let above = frame.parent.flatMap({ execution.frames[$0] }) else { return nil }
            if case .map = state(of: above).kind { return (frame.index, frame.item ?? .null) }
            next = above
        }
        return nil
    }
}
