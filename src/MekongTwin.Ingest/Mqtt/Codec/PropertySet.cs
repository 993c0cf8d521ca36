namespace MekongTwin.Ingest.Mqtt;

/// <summary>Which properties a packet may carry, one bit per identifier (2.2.2.2).</summary>
internal readonly struct PropertySet
{
    private readonly ulong _bits;

    private PropertySet(params ReadOnlySpan<PropertyId> ids)
    {
        foreach (PropertyId id in ids)
        {
            _bits |= 1UL << (int)id;
        }
    }

    private PropertySet(ulong bits) => _bits = bits;

    public static PropertySet Connect { get; } = new(
        PropertyId.SessionExpiryInterval, PropertyId.ReceiveMaximum, PropertyId.MaximumPacketSize,
        PropertyId.TopicAliasMaximum, PropertyId.RequestResponseInformation, PropertyId.RequestProblemInformation,
        PropertyId.UserProperty, PropertyId.AuthenticationMethod, PropertyId.AuthenticationData);

    public static PropertySet Will { get; } = new(
        PropertyId.WillDelayInterval, PropertyId.PayloadFormatIndicator, PropertyId.MessageExpiryInterval,
        PropertyId.ContentType, PropertyId.ResponseTopic, PropertyId.CorrelationData, PropertyId.UserProperty);

    public static PropertySet ConnAck { get; } = new(
        PropertyId.SessionExpiryInterval, PropertyId.ReceiveMaximum, PropertyId.MaximumQos, PropertyId.RetainAvailable,
        PropertyId.MaximumPacketSize, PropertyId.AssignedClientIdentifier, PropertyId.TopicAliasMaximum,
        PropertyId.ReasonString, PropertyId.UserProperty, PropertyId.WildcardSubscriptionAvailable,
        PropertyId.SubscriptionIdentifierAvailable, PropertyId.SharedSubscriptionAvailable, PropertyId.ServerKeepAlive,
        PropertyId.ResponseInformation, PropertyId.ServerReference, PropertyId.AuthenticationMethod,
        PropertyId.AuthenticationData);

    /// <summary>PUBLISH from a client: no subscription identifier [MQTT-3.3.4-6].</summary>
    public static PropertySet PublishToServer { get; } = new(
        PropertyId.PayloadFormatIndicator, PropertyId.MessageExpiryInterval, PropertyId.ContentType,
        PropertyId.ResponseTopic, PropertyId.CorrelationData, PropertyId.TopicAlias, PropertyId.UserProperty);

    public static PropertySet PublishToClient { get; } = PublishToServer.And(PropertyId.SubscriptionIdentifier);

    public static PropertySet Subscribe { get; } = new(PropertyId.SubscriptionIdentifier, PropertyId.UserProperty);

    public static PropertySet Unsubscribe { get; } = new(PropertyId.UserProperty);

    /// <summary>PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK.</summary>
    public static PropertySet Acknowledgement { get; } = new(PropertyId.ReasonString, PropertyId.UserProperty);

    /// <summary>DISCONNECT from a client: no server reference.</summary>
    public static PropertySet DisconnectToServer { get; } = new(
        PropertyId.SessionExpiryInterval, PropertyId.ReasonString, PropertyId.UserProperty);

    /// <summary>DISCONNECT from a server: no session expiry [MQTT-3.14.2-2].</summary>
    public static PropertySet DisconnectToClient { get; } = new(
        PropertyId.ReasonString, PropertyId.UserProperty, PropertyId.ServerReference);

    public bool Has(PropertyId id) => (byte)id < 64 && (_bits & (1UL << (int)id)) != 0;

    public PropertySet And(PropertyId id) => new(_bits | (1UL << (int)id));
}
