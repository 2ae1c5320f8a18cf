/// Of a registrar, or a host of webhooks.
typealias Lane = WorkLane<QueuedWork>

extension QueuedWork: LaneWork {}
