/// Of a registrar, or a host of webhooks.
typealias CallQueue = EndpointQueue<QueuedWork>

extension QueuedWork: EndpointWork {
    /// Contracts take turns at an endpoint.
    var owner: String? { client }
}
