// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

//! <url> <token> <user>: phoenix_channels_client joins, says that it is busy, and leaves when its input ends.

use std::{io::Read, time::Duration};

use phoenix_channels_client::{Client, Config};
use serde_json::json;

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let mut config = Config::new(args[1].as_str()).unwrap();
    config.set("token", &args[2]);
    let mut client = Client::new(config).unwrap();
    client.connect().await.unwrap();
    let topic = format!("presence:{}", args[3]);
    let channel = client.join(&topic, Some(Duration::from_secs(10))).await.unwrap();
    let status = json!({"status": "busy", "custom_message": "rust"});
    channel.send_with_timeout("set_status", status, Some(Duration::from_secs(10))).await.unwrap();
    println!("reply ok");
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
}
