// A small centrifuge server for comparison: Redis broker and presence, JSON over WebSocket, the library's own defaults.
// Whoever connects is the user whose name it sends as token. The internal port answers
//
//	POST /fill?channel=C&count=N   N members without connections, through the presence manager
//	POST /publish?channel=C&count=N&first=F&at=MS   N numbered and stamped messages at once
//	GET  /presence?channel=C       reads the channel's presence once, answers how many there are
//
// so that the size of a channel can be measured without as many sockets. A channel called bench:quiet... is told of
// nobody's coming: filling it with thousands, each telling all, would take minutes that are not measured. One called
// bench:storm... has a history, from which who comes back recovers.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge"
)

func main() {
	port := flag.Int("port", 0, "port of clients")
	internalPort := flag.Int("internal-port", 0, "port of the harness")
	redis := flag.String("redis", "127.0.0.1:6379", "address of Redis")
	flag.Parse()

	node, err := centrifuge.New(centrifuge.Config{LogLevel: centrifuge.LogLevelNone})
	must(err)
	shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{Address: *redis})
	must(err)
	shards := []*centrifuge.RedisShard{shard}
	broker, err := centrifuge.NewRedisBroker(node, centrifuge.RedisBrokerConfig{Shards: shards})
	must(err)
	node.SetBroker(broker)
	presence, err := centrifuge.NewRedisPresenceManager(node, centrifuge.RedisPresenceManagerConfig{Shards: shards})
	must(err)
	node.SetPresenceManager(presence)

	node.OnConnecting(func(_ context.Context, event centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: event.Token}}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(event centrifuge.SubscribeEvent, reply centrifuge.SubscribeCallback) {
			tells := !strings.HasPrefix(event.Channel, "bench:quiet")
			recovers := strings.HasPrefix(event.Channel, "bench:storm")
			reply(centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{
				EmitPresence: true, EmitJoinLeave: tells, PushJoinLeave: tells, EnableRecovery: recovers,
			}}, nil)
		})
		client.OnPresence(func(_ centrifuge.PresenceEvent, reply centrifuge.PresenceCallback) {
			reply(centrifuge.PresenceReply{}, nil)
		})
		client.OnPublish(func(event centrifuge.PublishEvent, reply centrifuge.PublishCallback) {
			options := centrifuge.PublishOptions{}
			if strings.HasPrefix(event.Channel, "bench:storm") {
				options = centrifuge.PublishOptions{HistorySize: 100, HistoryTTL: time.Hour}
			}
			reply(centrifuge.PublishReply{Options: options}, nil)
		})
	})
	must(node.Run())

	internal := http.NewServeMux()
	internal.HandleFunc("/fill", func(_ http.ResponseWriter, request *http.Request) {
		count, err := strconv.Atoi(request.FormValue("count"))
		must(err)
		for i := range count {
			id := fmt.Sprintf("00000000-0000-0000-0000-%012d", i)
			info := &centrifuge.ClientInfo{ClientID: id, UserID: fmt.Sprintf("user-%d", i)}
			must(presence.AddPresence(request.FormValue("channel"), id, info))
		}
	})
	text := strings.Repeat("x", 100)
	internal.HandleFunc("/publish", func(_ http.ResponseWriter, request *http.Request) {
		count, err := strconv.Atoi(request.FormValue("count"))
		must(err)
		first, err := strconv.Atoi(request.FormValue("first"))
		must(err)
		for i := range count {
			data := fmt.Sprintf(`{"n":%d,"at":%s,"text":"%s"}`, first+i, request.FormValue("at"), text)
			_, err := node.Publish(request.FormValue("channel"), []byte(data))
			must(err)
		}
	})
	internal.HandleFunc("/presence", func(response http.ResponseWriter, request *http.Request) {
		members, err := presence.Presence(request.FormValue("channel"))
		must(err)
		fmt.Fprint(response, len(members))
	})
	go func() { must(http.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", *internalPort), internal)) }()

	clients := http.NewServeMux()
	clients.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{}))
	must(http.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", *port), clients))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
